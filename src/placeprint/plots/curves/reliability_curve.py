"""Calibration: the share of right answers against their confidence."""

from placeprint.metrics import Reliability
from placeprint.plots.curves.chart import BOTTOM, TOP, Axis, Panel, percent_axis, series_class
from placeprint.plots.curves.line_chart import Curve, line_chart, path
from placeprint.plots.svg import number

TALLEST = 0.22
"""Height of the bar of the bin with the most answers, as a share of the panel's."""


def reliability_curve(curve: Reliability, title: str = "Calibration of the confidence") -> str:
    """SVG of the share of right answers over the mean confidence of each bin (see `metrics.reliability`).

    The dashed diagonal is perfect calibration; the bars below count the answers in each bin.
    """
    ticks = [(percent / 100, f"{percent}") for percent in range(0, 101, 20)]
    panel = Panel(Axis("confidence, %", 0.0, 1.0, ticks), percent_axis("right answers"))
    rows = list(zip(curve.confidence.tolist(), curve.accuracy.tolist(), curve.count.tolist(), strict=True))
    points = [(c, a, f"{n:,} answers: {100 * a:.1f} % right at {100 * c:.1f} %") for c, a, n in rows]
    return line_chart(
        title,
        "; ".join(said for _, _, said in points),
        panel,
        [Curve("share of right answers", curve.confidence, curve.accuracy, points)],
        reference=path(panel.pixels([0.0, 1.0], [0.0, 1.0])),
        below=_counts(panel, curve),
    )


def _counts(panel: Panel, curve: Reliability) -> str:
    bars = []
    for confidence, count in zip(curve.confidence.tolist(), curve.count.tolist(), strict=True):
        ((middle, _),) = panel.pixels([confidence], [0.0])
        height = TALLEST * (BOTTOM - TOP) * count / max(curve.count.max(), 1)
        bars.append(
            f'<rect class="bar faint" x="{number(middle - 9)}" y="{number(BOTTOM - height)}" width="18" '
            f'height="{number(height)}"/><text class="count" x="{number(middle)}" '
            f'y="{number(BOTTOM - height - 4)}">{count:,}</text>'
        )
    return f'<g class="{series_class(0)}">{"".join(bars)}</g>'
