"""How far off are the answers? The share of queries within a distance, and the distribution of errors."""

from collections.abc import Mapping
from html import escape
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from placeprint.arrays import Float64
from placeprint.metrics.localization import DISTANCES, recall_over_distance
from placeprint.plots.curves.chart import BOTTOM, Axis, Panel, chart, percent_axis, series_class
from placeprint.plots.curves.line_chart import Curve, line_chart
from placeprint.plots.svg import length, number

GRID = np.geomspace(DISTANCES[0], DISTANCES[-1], 301)
"""Meters at which the curve is drawn, no more than a pixel or two apart."""
BAR_SPACE = 0.84
GAP = 0.4
"""Gap between the ranges of meters and the bar of queries without an answer."""

RANGES = [
    f"up to {DISTANCES[0]} m",
    *(f"{length(low)} to {length(high)}" for low, high in pairwise(DISTANCES)),
    f"beyond {length(DISTANCES[-1])}",
    "no answer",
]


def error_curve(errors: Mapping[str, ArrayLike]) -> str:
    """SVG of the share of all queries with an error of at most d, d from 1 m to 1 km on a log axis.

    `errors`: {method: (q,) meters, infinite without an answer}. Raises ValueError without queries.
    """
    shares = {name: recall_over_distance(meters) for name, meters in errors.items()}
    ticks = [(float(d), f"{d:,}") for d in DISTANCES]
    axis = Axis("meters from the truth", DISTANCES[0], DISTANCES[-1], ticks, logarithmic=True)
    curves = [
        Curve(
            name,
            GRID,
            np.array(list(recall_over_distance(errors[name], GRID.tolist()).values())),
            [(d, r, f"{name}: {100 * r:.1f} % within {length(d)}") for d, r in within.items()],
        )
        for name, within in shares.items()
    ]
    said = "; ".join(
        f"{name}: " + ", ".join(f"{100 * within[d]:.1f} % within {length(d)}" for d in (5, 25, 100, 1000))
        for name, within in shares.items()
    )
    panel = Panel(axis, percent_axis("queries within"))
    return line_chart("Share of queries within a distance", said, panel, curves)


def error_histogram(errors: Mapping[str, ArrayLike]) -> str:
    """SVG of the share of queries in each range of error: up to 1 m, 1 to 2 m, ..., beyond 1 km, no answer.

    A range includes its upper end. `errors` as for `error_curve`.
    """
    shares = {name: error_shares(meters) for name, meters in errors.items()}
    beyond = float(len(DISTANCES) + 1)
    edges = [(0.0, "0"), *((float(i), f"{d:,}") for i, d in enumerate(DISTANCES, 1)), (beyond, "∞")]
    ticks = [*edges, (beyond + GAP + 0.5, "none")]
    tallest = max((float(share.max()) for share in shares.values()), default=0.0)
    top = min(np.ceil(tallest * 10 + 0.2) / 10, 1.0)
    step = 0.2 if top > 0.5 else 0.1 if top > 0.2 else 0.05
    marks = [(float(t), f"{100 * t:.0f}") for t in np.arange(0, top + 1e-9, step)]
    panel = Panel(
        Axis("meters from the truth; none: no answer", 0.0, beyond + GAP + 1.1, ticks),
        Axis("queries, %", 0.0, top, marks),
    )
    bars = "".join(_bars(panel, i, len(shares), name, s) for i, (name, s) in enumerate(shares.items()))
    said = "; ".join(
        f"{name}: "
        + ", ".join(f"{100 * share:.1f} % {where}" for where, share in zip(RANGES, each, strict=True))
        for name, each in shares.items()
    )
    return chart("Where the errors lie", said, panel, bars, list(shares))


def error_shares(errors: ArrayLike) -> Float64:
    """Share of the queries in each of `RANGES`. Raises ValueError without queries."""
    within = np.array([*recall_over_distance(errors).values()])
    answered = recall_over_distance(errors, [np.finfo(np.float64).max])
    return np.diff(np.concatenate([[0.0], within, list(answered.values()), [1.0]]))


def _bars(panel: Panel, index: int, count: int, name: str, shares: Float64) -> str:
    wide = BAR_SPACE / count
    left = np.arange(len(shares)) + (1 - BAR_SPACE) / 2 + index * wide
    left[-1] += GAP
    boxes = []
    for x, share, where in zip(left, shares, RANGES, strict=True):
        said = escape(f"{name}: {100 * share:.1f} % {where}")
        (x0, y0), (x1, _) = panel.pixels([x, x + wide], [share, 0.0])
        boxes.append(
            f'<rect class="bar" x="{number(x0)}" y="{number(y0)}" width="{number(x1 - x0)}" '
            f'height="{number(BOTTOM - y0)}"><title>{said}</title></rect>'
        )
    return f'<g class="{series_class(index)}">{"".join(boxes)}</g>'
