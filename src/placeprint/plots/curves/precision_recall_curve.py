"""Precision over recall, as the confidence threshold falls."""

from collections.abc import Mapping

import numpy as np

from placeprint.metrics import PrecisionRecall
from placeprint.plots.curves.chart import Axis, Panel, percent_axis
from placeprint.plots.curves.line_chart import Curve, line_chart


def precision_recall_curve(curves: Mapping[str, PrecisionRecall]) -> str:
    """SVG of precision over recall; the marked point of a line is its recall at 100 % precision.

    Lines begin at (0, 1), as the area AUC-PR does.
    """
    drawn = [_curve(name, found) for name, found in curves.items()]
    least = min((float(np.min(found.precision, initial=1.0)) for found in curves.values()), default=0.0)
    said = "; ".join(
        f"{name}: area {100 * found.area:.1f} %, recall at full precision "
        f"{100 * found.recall_at_full_precision:.1f} %"
        for name, found in curves.items()
    )
    ticks = [(percent / 100, f"{percent}") for percent in range(0, 101, 20)]
    panel = Panel(Axis("recall, %", 0.0, 1.0, ticks), percent_axis("precision", least))
    return line_chart("Precision over recall", said, panel, drawn)


def _curve(name: str, found: PrecisionRecall) -> Curve:
    full = found.recall_at_full_precision
    said = f"{name}: recall {100 * full:.1f} % at full precision"
    recall, precision = np.append(0.0, found.recall), np.append(1.0, found.precision)
    return Curve(name, recall, precision, [(full, 1.0, said)] if full else [])
