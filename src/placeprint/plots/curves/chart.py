"""The frame of a chart as inline SVG: axes, ticks, grid, legend. Colors come from `CHART_STYLE`."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files

import numpy as np
from numpy.typing import ArrayLike

from placeprint.arrays import Float64
from placeprint.plots.svg import number

CHART_STYLE = (files("placeprint.plots") / "chart.css").read_text("utf-8")

WIDTH, HEIGHT = 520, 330
LEFT, RIGHT, TOP, BOTTOM = 52, 504, 14, 282
"""The inner panel, in pixels; the legend is below `HEIGHT`."""
LEGEND_LINE = 19
LONGEST_NAME = 64


@dataclass(frozen=True)
class Axis:
    """`ticks`: (value, label). A logarithmic axis needs low > 0."""

    label: str
    low: float
    high: float
    ticks: Sequence[tuple[float, str]]
    logarithmic: bool = False

    def share(self, values: ArrayLike) -> Float64:
        """Relative positions of values between both ends; 0..1 inside."""
        at, low, high = np.asarray(values, np.float64), self.low, self.high
        if self.logarithmic:
            at, low, high = np.log(at), float(np.log(low)), float(np.log(high))
        return np.asarray((at - low) / (high - low), np.float64)


@dataclass(frozen=True)
class Panel:
    """The two axes; `pixels` converts values to pixels."""

    x: Axis
    y: Axis

    def pixels(self, x: ArrayLike, y: ArrayLike) -> Float64:
        """(n, 2) pixels for values that broadcast; y counts downwards."""
        across = LEFT + (RIGHT - LEFT) * self.x.share(x)
        down = BOTTOM - (BOTTOM - TOP) * self.y.share(y)
        return np.stack(np.broadcast_arrays(across, down), axis=-1)


def percent_axis(label: str, least: float = 0.0) -> Axis:
    """Shares in percent, from a round number at or below `least` (80 at most) up to 100."""
    tenths = min(int(max(least, 0.0) * 10 + 1e-9), 8)
    step = 20 if tenths < 4 else 10 if tenths < 8 else 5
    low = 10 * tenths // step * step
    ticks = [(percent / 100, f"{percent}") for percent in range(low, 101, step)]
    return Axis(f"{label}, %", low / 100, 1.0, ticks)


def series_class(index: int) -> str:
    """CSS classes for the color and dash of line number `index`, from 0: 36 lines can be told apart."""
    return f"color-{index % 6 + 1} dash-{(index + index // 6) % 6 + 1}"


def chart(title: str, description: str, panel: Panel, marks: str, names: Sequence[str] = ()) -> str:
    """SVG of a chart; `marks` are drawn over the grid. `title` and `description` are for screen readers."""
    height = HEIGHT + LEGEND_LINE * len(names)
    return (
        f'<svg class="chart" role="img" viewBox="0 0 {WIDTH} {height}" xmlns="http://www.w3.org/2000/svg">'
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>"
        f"{_axes(panel)}{marks}{_legend(names)}</svg>"
    )


def _axes(panel: Panel) -> str:
    across = panel.pixels([value for value, _ in panel.x.ticks], panel.y.low)[:, 0]
    down = panel.pixels(panel.x.low, [value for value, _ in panel.y.ticks])[:, 1]
    lines = [f"M{number(v)} {TOP}V{BOTTOM}" for v in across] + [f"M{LEFT} {number(v)}H{RIGHT}" for v in down]
    parts = [f'<path class="grid" d="{"".join(lines)}"/>']
    parts += [
        f'<text class="x-tick" x="{number(at)}" y="{BOTTOM + 17}">{escape(label)}</text>'
        for at, (_, label) in zip(across, panel.x.ticks, strict=True)
    ]
    parts += [
        f'<text class="y-tick" x="{LEFT - 7}" y="{number(at + 4)}">{escape(label)}</text>'
        for at, (_, label) in zip(down, panel.y.ticks, strict=True)
    ]
    middle, center = (LEFT + RIGHT) / 2, (TOP + BOTTOM) / 2
    return (
        f'{"".join(parts)}<path class="frame" d="M{LEFT} {TOP}V{BOTTOM}H{RIGHT}"/>'
        f'<text class="axis x-axis" x="{number(middle)}" y="{BOTTOM + 38}">{escape(panel.x.label)}</text>'
        f'<text class="axis x-axis" transform="translate(15 {number(center)}) rotate(-90)">'
        f"{escape(panel.y.label)}</text>"
    )


def _legend(names: Sequence[str]) -> str:
    return "".join(
        f'<g class="{series_class(i)}" transform="translate({LEFT} {HEIGHT + LEGEND_LINE * i + 6})">'
        f'<path class="line" d="M0 0h34"/><text class="name" x="42" y="4">{escape(_short(name))}</text></g>'
        for i, name in enumerate(names)
    )


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
