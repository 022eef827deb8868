"""A map of many answers: where photos were located, among the reference photos."""

from collections.abc import Sequence
from html import escape
from typing import Protocol

import numpy as np

from placeprint.arrays import Float64
from placeprint.geo import GeoPoint, LocalFrame
from placeprint.plots.maps.map_view import MapView
from placeprint.plots.maps.overview import Overview, inset
from placeprint.plots.maps.photo_map import HEIGHT, WIDTH, grid_lines, scale_and_north
from placeprint.plots.svg import dots_path, thin

SURE = 0.8


class Located(Protocol):
    """What is drawn of an answer."""

    @property
    def point(self) -> GeoPoint:
        """Its position."""
        ...

    @property
    def confidence(self) -> float:
        """0..1."""
        ...


def places_map(references: Float64, places: Sequence[Located], overview: Overview | None = None) -> str:
    """SVG of all `places` as dots, in one color from a confidence of `SURE` on and another below, over the
    references (n, 2), latitudes and longitudes. Returns "" without places.
    """
    if not places:
        return ""
    references = np.asarray(references, np.float64).reshape(-1, 2)
    points = [place.point for place in places]
    frame = LocalFrame.around(points)
    meters = frame.to_meters(points)
    seen = np.isfinite(meters).all(axis=1)  # the far side of the Earth cannot be projected
    if not seen.any():
        return ""
    view = MapView.covering(frame, meters[seen], WIDTH, HEIGHT)
    near = references[np.abs(references[:, 0] - frame.origin.lat) <= view.reach / 110_000.0]
    pixels = view.pixels(frame.to_meters(near))
    parts = [
        grid_lines(view),
        f'<path class="dots few" d="{dots_path(thin(pixels[view.contains(pixels)], 1.0))}"/>',
    ]
    sure = np.array([place.confidence >= SURE for place in places])
    spots = view.pixels(meters)
    for kind, chosen in (("guess", ~sure), ("sure", sure)):
        drawn = dots_path(thin(spots[seen & chosen], 2.0))
        parts += [
            f'<path class="dots edge-of-{kind}" d="{drawn}"/>',
            f'<path class="dots {kind}" d="{drawn}"/>',
        ]
    parts.append(scale_and_north(view))
    if overview is not None:
        parts.append(inset(view, overview, spots[seen]))
    title = f"Map of {len(places):,} located photos among {len(references):,} reference photos"
    return (
        f'<svg class="photo-map" role="img" viewBox="0 0 {view.width} {view.height}" '
        f'xmlns="http://www.w3.org/2000/svg"><title>{escape(title)}</title>{"".join(parts)}</svg>'
    )
