"""A map without tiles: the positions of the reference photos, the estimate, its radii, the candidates.

Everything is one inline SVG made of plain strings. Its colors come from `MAP_STYLE`, a style sheet that a
page includes once and that follows the reader's light or dark theme.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files

import numpy as np

from placeprint.arrays import Float64
from placeprint.geo import WGS84, GeoPoint, LocalFrame
from placeprint.plots.maps.landmarks import Landmark, candidate_marks
from placeprint.plots.maps.map_view import LEAST_ACROSS, MapView
from placeprint.plots.maps.overview import Overview, inset
from placeprint.plots.svg import dots_path, finite, length, number, thin

WIDTH, HEIGHT = 640, 440

MAP_STYLE = (files("placeprint.plots") / "photo_map.css").read_text("utf-8")


@dataclass(frozen=True)
class Estimate:
    """Where the query was taken, with the radii in meters of its 50 % and 90 % regions."""

    point: GeoPoint
    radius_50: float
    radius_90: float


def photo_map(
    references: Float64,
    headings: Float64,
    candidates: Sequence[Landmark] = (),
    estimate: Estimate | None = None,
    overview: Overview | None = None,
    title: str = "Map of the reference photos",
) -> str:
    """SVG of the surroundings of the estimate or, without an estimate, of the candidates.

    `references` (n, 2) are latitudes and longitudes, `headings` (n,) degrees, NaN if unknown; candidates come
    best first. The scale is the same in all directions, distances from the estimate are exact, and a
    candidate outside the view becomes a badge at the border with its distance. Returns "" if there is nothing
    to show.
    """
    references = np.asarray(references, np.float64).reshape(-1, 2)
    view = _choose_view(references, candidates, estimate)
    if view is None:
        return ""
    parts = [grid_lines(view), _references(view, references, np.asarray(headings, np.float64))]
    middle = np.array([view.width, view.height]) / 2.0
    if estimate is not None:
        middle = view.pixels(view.frame.to_meters([estimate.point]))[0]
        parts.append(_radii(view, middle, estimate))
    spots = view.pixels(view.frame.to_meters([c.point for c in candidates]))
    parts.append(candidate_marks(view, candidates, spots, middle, estimate is not None))
    if estimate is not None:
        parts.append(_crosshair(middle))
    parts.append(scale_and_north(view))
    if overview is not None:
        parts.append(inset(view, overview, spots))
    return (
        f'<svg class="photo-map" role="img" viewBox="0 0 {view.width} {view.height}" '
        f'xmlns="http://www.w3.org/2000/svg"><title>{escape(title)}</title>{"".join(parts)}</svg>'
    )


def _choose_view(references: Float64, marks: Sequence[Landmark], estimate: Estimate | None) -> MapView | None:
    size = (WIDTH, HEIGHT)
    points = [mark.point for mark in marks]
    if estimate is not None:
        frame = LocalFrame(estimate.point)
        meters = finite(frame.to_meters(points))
        near = meters[np.hypot(*meters.T) <= max(2.5 * estimate.radius_90, LEAST_ACROSS)]
        half = max(float(np.abs(near).max(initial=0.0)), estimate.radius_90, LEAST_ACROSS / 2.0)
        return MapView.covering(frame, np.array([[-half, -half], [half, half]]), *size)
    if points:
        frame = LocalFrame.around(points)
        return MapView.covering(frame, finite(frame.to_meters(points)), *size)
    overview = Overview.of(references)
    if overview is None:
        return None
    frame = overview.view.frame
    return MapView.covering(frame, finite(frame.to_meters(references)), *size)


def grid_lines(view: MapView) -> str:
    """Lines at round distances."""
    _, x, y = view.grid()
    lines = [f"M{number(v)} 0V{view.height}" for v in x] + [f"M0 {number(v)}H{view.width}" for v in y]
    return f'<path class="grid" d="{"".join(lines)}"/>'


def _references(view: MapView, references: Float64, headings: Float64) -> str:
    # A degree of latitude is nowhere shorter than 110 km: this avoids projecting a whole country.
    near = np.abs(references[:, 0] - view.frame.origin.lat) <= view.reach / 110_000.0
    references, headings = references[near], headings[near]
    pixels = view.pixels(view.frame.to_meters(references))
    seen = view.contains(pixels)
    pixels, references, headings = pixels[seen], references[seen], headings[seen]
    known = np.isfinite(headings)
    lat, lon = references[known].T
    reach = np.full(len(lat), 9.0 * view.meters_per_pixel)
    ahead_lon, ahead_lat, _ = WGS84.fwd(lon, lat, headings[known], reach)
    ahead = view.pixels(view.frame.to_meters(np.stack([ahead_lat, ahead_lon], axis=-1)))
    rows = np.unique(np.round(np.concatenate([pixels[known], ahead], axis=1)), axis=0)
    ticks = "".join(f"M{number(a)} {number(b)}L{number(c)} {number(d)}" for a, b, c, d in rows)
    return f'<path class="ticks" d="{ticks}"/><path class="dots" d="{dots_path(thin(pixels, 1.0))}"/>'


def _radii(view: MapView, center: Float64, estimate: Estimate) -> str:
    return "".join(
        f'<circle class="radius-{share}" cx="{number(center[0])}" cy="{number(center[1])}" '
        f'r="{number(radius / view.meters_per_pixel)}"><title>{share} %: {length(radius)}</title></circle>'
        for share, radius in ((90, estimate.radius_90), (50, estimate.radius_50))
    )


def _crosshair(at: Float64) -> str:
    x, y = at
    ring = '<circle class="{0}" r="7.5"/><path class="{0}" d="M-13 0h8M5 0h8M0 -13v8M0 5v8"/>'
    drawn = ring.format("halo") + ring.format("estimate")
    return f'<g transform="translate({number(x)} {number(y)})">{drawn}</g>'


def scale_and_north(view: MapView) -> str:
    """A bar as long as the grid is wide, and an arrow."""
    step, _, _ = view.grid()
    across = step / view.meters_per_pixel
    y = view.height - 18
    return (
        f'<path class="bar" d="M16 {y - 5}v5h{number(across)}v-5"/>'
        f'<text class="edge" x="{number(16 + across / 2)}" y="{y - 6}" '
        f'text-anchor="middle">{length(step)}</text>'
        '<path class="north" d="M24 14l7 20l-7 -5l-7 5z"/>'
        '<text class="edge" x="24" y="47" text-anchor="middle">N</text>'
    )
