"""The heat maps of `loss_gradients` as a PNG."""

import io

from placeprint.errors import MissingExtraError
from placeprint.plots.loss_gradients import FARTHEST, NOTE, ROWS, Strengths, strongest


def loss_gradients_png(strengths: Strengths) -> bytes:
    """PNG with the panels and the shared color scale of `loss_gradients`.

    Raises `ValueError` as it does, and `MissingExtraError` without matplotlib.
    """
    try:
        from matplotlib.colors import PowerNorm
        from matplotlib.figure import Figure
    except ImportError as missing:
        raise MissingExtraError("A PNG of loss gradients", "plots") from missing
    scale = PowerNorm(0.5, 0.0, strongest(strengths) or 1.0)
    figure = Figure(figsize=(2.3 * len(strengths) + 1.2, 5.6), dpi=120, layout="constrained")
    grid = figure.subplots(2, len(strengths), sharex=True, sharey=True, squeeze=False)
    for column, (name, both) in enumerate(strengths.items()):
        for row, values in enumerate(both):
            axes = grid[row, column]
            extent = (0.0, FARTHEST, 0.0, FARTHEST)
            heat = axes.imshow(values, "inferno", norm=scale, origin="lower", extent=extent)
            axes.plot([0, FARTHEST], [0, FARTHEST], color="black", linewidth=2)
            axes.plot([0, FARTHEST], [0, FARTHEST], color="white", linewidth=1, linestyle="--")
            axes.set(xlim=(0, FARTHEST), ylim=(0, FARTHEST))
        grid[0, column].set_title(name, fontsize=10)
        grid[1, column].set_xlabel("$d_p$")
    for row, said in enumerate(ROWS):
        grid[row, 0].set_ylabel(f"{said}\n$d_n$")
    figure.colorbar(heat, ax=grid)
    figure.supxlabel(NOTE, fontsize=9)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
