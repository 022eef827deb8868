"""Recall@N over N."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from placeprint.plots.curves.chart import Axis, Panel, percent_axis
from placeprint.plots.curves.line_chart import Curve, line_chart

LINEAR_TO = 30
"""Up to this N the axis is linear."""

Interval = tuple[float, float]


def recall_curve(
    recalls: Mapping[str, ArrayLike],
    marked: Sequence[int] = (1, 5, 10, 20),
    intervals: Mapping[str, Mapping[int, Interval]] | None = None,
) -> str:
    """SVG of recall@N for N = 1, 2, ... (`recalls`: {method: shares in 0..1}, all of the same length).

    The N in `marked` get a point; `intervals`: {method: {N: (low, high)}}. Raises ValueError for empty curves
    and for curves of different lengths.
    """
    curves = {name: np.asarray(values, np.float64) for name, values in recalls.items()}
    lengths = {len(values) for values in curves.values()}
    if len(lengths) != 1 or 0 in lengths:
        raise ValueError(f"recall curves of {sorted(lengths)} values")
    (length,) = lengths
    bands = intervals or {}
    ends = [low for band in bands.values() for low, _ in band.values()]
    least = min([float(np.min(values)) for values in curves.values()] + ends)
    panel = Panel(_axis(length), percent_axis("recall@N", least))
    ns, marked = np.arange(1, length + 1), [n for n in marked if n <= length]
    drawn = [
        Curve(
            name,
            ns.astype(np.float64),
            values,
            [(n, float(values[n - 1]), f"{name}: {100 * values[n - 1]:.1f} % at N = {n}") for n in marked],
            [(n, low, high) for n, (low, high) in bands.get(name, {}).items() if n <= length],
        )
        for name, values in curves.items()
    ]
    said = "; ".join(
        f"{name}: " + ", ".join(f"{100 * values[n - 1]:.1f} % at N = {n}" for n in marked)
        for name, values in curves.items()
    )
    return line_chart("Recall@N over N", said, panel, drawn)


def _axis(length: int) -> Axis:
    label = "N, answers looked at"
    if length <= LINEAR_TO:
        ticks = [1, *range(5, length + 1, 5)] if length >= 8 else list(range(1, length + 1))
        return Axis(label, 1.0, float(max(length, 2)), [(float(n), f"{n}") for n in ticks])
    steps = [n * 10**power for power in range(7) for n in (1, 2, 5) if n * 10**power <= length]
    return Axis(label, 1.0, float(length), [(float(n), f"{n:,}") for n in steps], logarithmic=True)
