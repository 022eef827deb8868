"""The loss and the recalls of a run over its steps, as charts."""

from html import escape

import numpy as np

from placeprint.artifact import replace_file
from placeprint.plots import CHART_STYLE
from placeprint.plots.curves.chart import Axis, Panel, percent_axis
from placeprint.plots.curves.line_chart import Curve, line_chart
from placeprint.reports.html.templating import PAGE_STYLE, page
from placeprint.reports.text import legible
from placeprint.training.runs.run_folder import RunFolder

WINDOW = 0.02
"""Share of the steps over which the drawn loss is a running mean."""


def draw_curves(run: RunFolder) -> None:
    """Write `curves.html` of the run: the running mean of the loss, and recall@1, 5, 10 and 20."""
    parts = [chart for chart in (_loss(run), _recalls(run)) if chart]
    title = legible(run.config().name)
    body = f'<main><p class="brand">placeprint training</p><h1>{escape(title)}</h1>{"".join(parts)}</main>'
    replace_file(run.path / "curves.html", page(title, body, PAGE_STYLE + CHART_STYLE).encode())


def _loss(run: RunFolder) -> str:
    lines = [line for line in run.metrics("step") if line.get("loss") is not None]
    if len(lines) < 2:
        return ""
    steps = np.array([line["step"] for line in lines], np.float64)
    loss = np.array([line["loss"] for line in lines], np.float64)
    width = max(1, round(WINDOW * len(loss)))
    mean = np.convolve(loss, np.ones(width) / width, "valid")
    at = steps[width - 1 :]
    panel = Panel(_steps(steps[-1]), _from_zero("loss", float(mean.max())))
    said = f"from {mean[0]:.3f} to {mean[-1]:.3f}"
    return line_chart("Loss over the steps", said, panel, [Curve("loss", at, mean)])


def _recalls(run: RunFolder) -> str:
    lines = run.metrics("validation")
    if not lines:
        return ""
    steps = np.array([line["step"] for line in lines], np.float64)
    names = [name for name in lines[0] if name.startswith("recall@")]
    shares = {name: np.array([line[name] for line in lines]) / 100 for name in names}
    panel = Panel(
        _steps(max(steps[-1], 1.0)), percent_axis("recall", min(float(s.min()) for s in shares.values()))
    )
    drawn = [
        Curve(
            name,
            steps,
            values,
            [
                (x, y, f"{name} {100 * y:.1f} % at step {x:.0f}")
                for x, y in zip(steps.tolist(), values.tolist(), strict=True)
            ],
        )
        for name, values in shares.items()
    ]
    said = ", ".join(f"{name} {100 * values[-1]:.1f} %" for name, values in shares.items())
    return line_chart("Recall on the validation split", said, panel, drawn)


def _steps(last: float) -> Axis:
    return Axis("step", 0.0, last, [(x, f"{x:,.0f}") for x in np.linspace(0, last, 6).tolist()])


def _from_zero(label: str, most: float) -> Axis:
    most = most or 1.0  # a loss of 0 throughout
    return Axis(label, 0.0, most * 1.05, [(x, f"{x:.3g}") for x in np.linspace(0, most, 5).tolist()])
