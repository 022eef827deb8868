"""Is the confidence calibrated, and how far off are the answers? Two panels in one PNG."""

import io

import numpy as np
from numpy.typing import ArrayLike

from placeprint.errors import MissingExtraError
from placeprint.metrics.calibration import reliability

BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#6b7280"


def reliability_png(confidence: ArrayLike, right: ArrayLike, error: ArrayLike) -> bytes:
    """PNG of the calibration curve (left) and of the distribution of errors (right).

    Left: the share of right answers against the mean confidence in ten bins of equal width; the area of a
    point shows the number of answers, and the diagonal is perfect calibration. Right: the share of answers
    with an error up to x meters, on a logarithmic axis. `confidence` (n,) in 0..1, `right` (n,) booleans,
    `error` (n,) meters. Raises `ValueError` without answers, `MissingExtraError` without matplotlib.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as missing:
        raise MissingExtraError("A calibration plot", "plots") from missing
    curve = reliability(np.asarray(confidence, np.float64), np.asarray(right, bool))
    figure = Figure(figsize=(9.0, 4.0), dpi=120, layout="constrained")
    left, far = figure.subplots(1, 2)
    left.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1, label="perfect")
    left.plot(curve.confidence, curve.accuracy, color=BLUE, linewidth=1.5)
    area = 20.0 + 180.0 * curve.count / curve.count.max()
    left.scatter(curve.confidence, curve.accuracy, s=area, color=BLUE, label=f"{curve.count.sum()} answers")
    left.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="confidence", ylabel="share of right answers")
    left.set_title(f"Calibration (expected error {curve.expected_error:.3f})")
    left.legend(loc="upper left", frameon=False)
    meters = np.maximum(np.sort(np.asarray(error, np.float64)), 0.1)
    far.step(meters, np.arange(1, len(meters) + 1) / len(meters), where="post", color=ORANGE)
    far.axvline(float(np.median(meters)), color=GREY, linestyle=":", linewidth=1)
    far.set_xscale("log")
    far.set(ylim=(0, 1.02), xlabel="error in meters", ylabel="share of answers")
    far.set_title(f"Errors (median {np.median(meters):.1f} m)")
    for axes in (left, far):
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
