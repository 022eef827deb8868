"""Curves in one panel: lines, points with tooltips, intervals."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

import numpy as np

from placeprint.arrays import Float64
from placeprint.plots.curves.chart import Panel, chart, series_class
from placeprint.plots.svg import number

SAME = 0.5
"""Pixels: points of a line that are nearer than this to the previous one are not drawn."""


@dataclass(frozen=True)
class Curve:
    """A line through (x, y), with `points`: (x, y, tooltip), and `intervals`: (x, low, high)."""

    name: str
    x: Float64
    y: Float64
    points: Sequence[tuple[float, float, str]] = field(default_factory=list)
    intervals: Sequence[tuple[float, float, float]] = field(default_factory=list)


def line_chart(
    title: str, description: str, panel: Panel, curves: Sequence[Curve], reference: str = "", below: str = ""
) -> str:
    """SVG of curves, the first on top.

    `reference`: path data, in pixels, of a line to compare with; `below`: SVG under all lines.
    """
    marks = [below, *([f'<path class="reference" d="{reference}"/>'] if reference else [])]
    for i, curve in reversed(list(enumerate(curves))):
        marks.append(f'<g class="{series_class(i)}">{_drawn(panel, curve, i, len(curves))}</g>')
    return chart(title, description, panel, "".join(marks), [curve.name for curve in curves])


def path(pixels: Float64) -> str:
    """Path data of a line through (n, 2) pixels, without coincident points."""
    kept: list[tuple[float, float]] = []
    for x, y in pixels.tolist():
        if not kept or max(abs(x - kept[-1][0]), abs(y - kept[-1][1])) >= SAME:
            kept.append((x, y))
    if len(pixels) and kept[-1] != tuple(pixels[-1].tolist()):
        kept.append(tuple(pixels[-1].tolist()))
    return "".join(f"{'L' if i else 'M'}{number(x)} {number(y)}" for i, (x, y) in enumerate(kept))


def _drawn(panel: Panel, curve: Curve, index: int, count: int) -> str:
    parts = [f'<path class="line" d="{path(panel.pixels(curve.x, curve.y))}"/>'] if len(curve.x) else []
    beside = 5.0 * (index - (count - 1) / 2)  # pixels, so that intervals of several curves can be told apart
    for x, low, high in curve.intervals:
        (across, bottom), (_, top) = panel.pixels([x, x], np.clip([low, high], panel.y.low, panel.y.high))
        cap = f"M{number(across + beside - 3)} {{}}h6"
        ends = "".join(cap.format(number(end)) for end in (bottom, top))
        parts.append(
            f'<path class="interval" d="{ends}M{number(across + beside)} {number(bottom)}V{number(top)}"/>'
        )
    for x, y, said in curve.points:
        ((across, down),) = panel.pixels([x], [y])
        parts.append(
            f'<circle class="point" cx="{number(across)}" cy="{number(down)}" r="4">'
            f"<title>{escape(said)}</title></circle>"
        )
    return "".join(parts)
