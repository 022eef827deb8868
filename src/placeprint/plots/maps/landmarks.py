"""Candidates on a map: spots at their true positions, with numbered badges where there is room."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from placeprint.arrays import Float64
from placeprint.geo import GeoPoint
from placeprint.plots.maps.map_view import MapView
from placeprint.plots.svg import length, number

BADGE = 9.5


@dataclass(frozen=True)
class Landmark:
    """A candidate to be drawn with its rank; `label` is its tooltip."""

    point: GeoPoint
    heading: float | None
    label: str


def candidate_marks(
    view: MapView, marks: Sequence[Landmark], spots: Float64, middle: Float64, estimated: bool
) -> str:
    """SVG of all candidates, the best on top; `spots` (n, 2) are their pixels, `middle` the estimate's."""
    below, above = [], []
    taken: list[Float64] = [middle] if estimated else []
    inside = view.contains(spots, 4.0)
    blocked = [*taken, *spots[inside]]
    for i in reversed(range(len(marks))):
        if not inside[i]:
            continue
        style, (x, y) = rank_class(i), spots[i]
        below.append(_cone(view, marks[i], spots[i], style))
        below.append(f'<circle class="spot {style}" cx="{number(x)}" cy="{number(y)}" r="4.5"/>')
    for i, mark in enumerate(marks):
        place = _free_place(view, spots[i], _towards(mark, spots[i], middle), blocked) if inside[i] else None
        at = _at_border(view, spots[i], blocked) if place is None else place
        blocked.append(at)
        above.append(_badge(view, mark, i, spots[i], at, bool(inside[i])))
    return "".join(below + above)


def _badge(view: MapView, mark: Landmark, index: int, spot: Float64, at: Float64, inside: bool) -> str:
    style, (x, y) = rank_class(index), at
    note = ""
    if inside:
        line = f"M{number(spot[0])} {number(spot[1])}L{number(x)} {number(y)}"
    else:
        meters = view.frame.origin.distance(mark.point)
        left = x > view.width / 2
        anchor, shift = ("end", -13) if left else ("start", 13)
        where = f'text-anchor="{anchor}" x="{number(x + shift)}" y="{number(y + 4)}"'
        note = f'<text class="edge" {where}>{length(meters)}</text>'
        towards = _unit(spot - at, np.array([1.0, 0.0])) * 14.0
        line = f"M{number(x)} {number(y)}L{number(x + towards[0])} {number(y + towards[1])}"
    return (
        f'<g class="{style}"><title>{escape(mark.label)}</title><path class="leader" d="{line}"/>'
        f'<circle class="badge" cx="{number(x)}" cy="{number(y)}" r="{BADGE}"/>'
        f'<text class="number" x="{number(x)}" y="{number(y + 4)}">{index + 1}</text>{note}</g>'
    )


def _cone(view: MapView, mark: Landmark, spot: Float64, style: str) -> str:
    """The direction of view as a sector of 60 degrees, 36 pixels long."""
    if mark.heading is None or not math.isfinite(mark.heading):
        return ""
    reach = 36.0 * view.meters_per_pixel
    sides = [mark.point.moved(mark.heading + turn, reach) for turn in (-30.0, -10.0, 10.0, 30.0)]
    corners = [spot, *view.pixels(view.frame.to_meters(sides))]
    points = " ".join(f"{number(x)},{number(y)}" for x, y in corners)
    return f'<polygon class="cone {style}" points="{points}"/>'


def _towards(mark: Landmark, spot: Float64, middle: Float64) -> float:
    """The preferred angle of a badge: where the camera looks, else away from the estimate."""
    if mark.heading is not None and math.isfinite(mark.heading):
        return math.radians(mark.heading - 90.0)
    east, south = _unit(spot - middle, np.array([0.7, -0.7]))
    return math.atan2(south, east)


def _free_place(view: MapView, spot: Float64, away: float, blocked: list[Float64]) -> Float64:
    best, room = spot, -1.0
    for distance in (19.0, 32.0, 46.0):
        for turn in (0, 1, -1, 2, -2, 3, -3, 4):
            angle = away + turn * math.pi / 4
            place = spot + distance * np.array([math.cos(angle), math.sin(angle)])
            if not view.contains(place[None], 14.0)[0]:
                continue
            clear = _clearance(place, blocked)
            if clear >= 18.0:
                return place
            if clear > room:
                best, room = place, clear
    return best


def _at_border(view: MapView, spot: Float64, blocked: list[Float64]) -> Float64:
    """Where the ray from the middle to `spot` meets the border, shifted up or down past other badges."""
    half = np.array([view.width, view.height]) / 2.0
    if not np.isfinite(spot).all():
        spot = half * np.array([1.0, -9.0])
    offset = spot - half
    place = half + offset * float(np.min((half - 22.0) / np.maximum(np.abs(offset), 1e-9)))
    for shift in (0, 21, -21, 42, -42, 63, -63, 84, -84):
        moved = np.asarray(place + np.array([0.0, shift]))
        if view.contains(moved[None], 14.0)[0] and _clearance(moved, blocked) >= 20.0:
            return moved
    return place


def _clearance(place: Float64, blocked: list[Float64]) -> float:
    return min((float(np.hypot(*(place - other))) for other in blocked), default=math.inf)


def _unit(vector: Float64, otherwise: Float64) -> Float64:
    size = float(np.hypot(*vector))
    return np.asarray(vector / size) if math.isfinite(size) and size > 1e-9 else otherwise


def rank_class(index: int) -> str:
    """CSS class of the candidate at this 0-based rank."""
    return f"rank-{min(index + 1, 6)}"
