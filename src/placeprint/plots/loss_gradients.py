"""How strongly losses pull at the positive and push at the negative: heat maps side by side."""

from base64 import b64encode
from collections.abc import Mapping
from html import escape

import numpy as np

from placeprint.arrays import Float64
from placeprint.plots.curves.chart import CHART_STYLE
from placeprint.plots.svg import number

Strengths = Mapping[str, tuple[Float64, Float64]]
"""{loss: (‖∂L/∂p‖, ‖∂L/∂n‖)}, each (g, g): rows are d_n, columns d_p, equal steps from 0 to `FARTHEST`."""

FARTHEST = 2.0
"""The largest distance between two unit vectors."""
ROWS = ("‖∂L/∂p‖, pull at the positive", "‖∂L/∂n‖, push at the negative")
NOTE = "Dashed: the border of equal distances. Below it the negative is nearer than the positive."
D_P, D_N = (f'd<tspan dy="3" font-size="9">{of}</tspan>' for of in "pn")

SIDE, GAP, LEFT, TOP, BETWEEN, FOOT, SCALE = 150, 20, 60, 42, 46, 66, 70
"""Pixels: of a panel, between two, around them, between the two rows, and for the color scale."""


def loss_gradients(strengths: Strengths) -> str:
    """A self-contained SVG with one panel per loss, the positive above and the negative below.

    All panels share one color scale, inferno from 0 to the largest magnitude of all. It uses the square root
    of the magnitude, so that weak gradients are visible beside strong ones. Raises `ValueError` for arrays
    that are not square or differ in size.
    """
    limit = strongest(strengths)
    width = LEFT + len(strengths) * (SIDE + GAP) + SCALE
    height = TOP + 2 * SIDE + BETWEEN + FOOT
    parts = [
        _panel(name, strength, LEFT + column * (SIDE + GAP), TOP + row * (SIDE + BETWEEN), limit, column, row)
        for column, (name, both) in enumerate(strengths.items())
        for row, strength in enumerate(both)
    ]
    said = "; ".join(
        f"{name}: at most {p.max():.2f} at the positive, {n.max():.2f} at the negative"
        for name, (p, n) in strengths.items()
    )
    return (
        f'<svg class="chart" role="img" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">'
        f"<title>Gradients of losses</title><desc>{escape(said)}. {NOTE}</desc><style>{CHART_STYLE}</style>"
        f"{''.join(parts)}{_scale(LEFT + len(strengths) * (SIDE + GAP) + 6, limit)}"
        f'<text x="{LEFT}" y="{height - 10}">{NOTE}</text></svg>'
    )


def strongest(strengths: Strengths) -> float:
    """The largest magnitude of all losses; `ValueError` if their shapes do not match or there are none."""
    shapes = {values.shape for both in strengths.values() for values in both}
    if len(shapes) != 1 or len(shape := next(iter(shapes))) != 2 or shape[0] != shape[1] or not shape[0]:
        raise ValueError(f"strengths have shapes {sorted(shapes)}, not one square shape")
    return float(max(values.max() for both in strengths.values() for values in both))


def _panel(name: str, strength: Float64, left: int, top: int, limit: float, column: int, row: int) -> str:
    right, bottom, middle = left + SIDE, top + SIDE, left + SIDE / 2
    drawn = (
        f'<image class="heat" x="{left}" y="{top}" width="{SIDE}" height="{SIDE}" preserveAspectRatio="none" '
        f'style="image-rendering:pixelated" href="{_picture(strength[::-1], limit)}">'
        f"<title>{escape(name)}: at most {strength.max():.2f}</title></image>"
        f'<path d="M{left} {bottom}L{right} {top}" stroke="#000" stroke-width="2.5" fill="none"/>'
        f'<path class="border" d="M{left} {bottom}L{right} {top}" stroke="#fff" stroke-width="1.2" '
        f'stroke-dasharray="5 4" fill="none"/>'
        f'<path class="frame" d="M{left} {top}H{right}V{bottom}H{left}Z"/>'
    )
    for share in (0.0, 0.5, 1.0):
        label = number(share * FARTHEST)
        drawn += f'<text class="x-tick" x="{number(left + share * SIDE)}" y="{bottom + 15}">{label}</text>'
        if not column:
            drawn += (
                f'<text class="y-tick" x="{left - 6}" y="{number(bottom - share * SIDE + 4)}">{label}</text>'
            )
    if row == 0:
        drawn += f'<text class="axis x-axis" x="{number(middle)}" y="{top - 8}">{escape(name)}</text>'
    else:
        drawn += f'<text class="axis x-axis" x="{number(middle)}" y="{bottom + 31}">{D_P}</text>'
    if column == 0:
        center = f"translate({left - 24} {number(top + SIDE / 2)}) rotate(-90)"
        drawn += f'<text class="axis x-axis" transform="{center}">{D_N}</text>'
        drawn += f'<text class="axis" x="{left}" y="{top - (24 if row == 0 else 10)}">{ROWS[row]}</text>'
    return drawn


def _scale(left: int, limit: float) -> str:
    bottom = TOP + 2 * SIDE + BETWEEN
    levels = limit * np.linspace(1.0, 0.0, 128)[:, None] ** 2
    ends = "".join(
        f'<text class="level" x="{left + 17}" y="{number(at + 4)}">{share**2 * limit:.2f}</text>'
        for share in (0.0, 0.25, 0.5, 0.75, 1.0)
        for at in [bottom - share * (bottom - TOP)]
    )
    return (
        f'<image class="scale" x="{left}" y="{TOP}" width="12" height="{bottom - TOP}" '
        f'preserveAspectRatio="none" href="{_picture(levels, limit)}"/>{ends}'
    )


def _picture(values: Float64, limit: float) -> str:
    """A PNG as a data URL, one pixel per value, in inferno from 0 to `limit`, by square roots."""
    import cv2

    shares = np.sqrt(np.clip(values / limit, 0.0, 1.0)) if limit > 0 else np.zeros(values.shape)
    colors = cv2.applyColorMap(np.round(255 * shares).astype(np.uint8), cv2.COLORMAP_INFERNO)
    content = cv2.imencode(".png", colors)[1].tobytes()
    return f"data:image/png;base64,{b64encode(content).decode()}"
