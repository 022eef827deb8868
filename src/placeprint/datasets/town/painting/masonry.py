"""What a wall is made of."""

import numpy as np

from placeprint.datasets.town.canvas import Canvas, Color, darker


def wall(canvas: Canvas, rng: np.random.Generator, kind: int, color: Color, top: float) -> None:
    """Kinds: 0 stone blocks, 1 brick, 2 plaster, 3 planks, 4 half-timber."""
    canvas.box(0, 0, canvas.width, top, color)
    if kind in (0, 1):
        high, wide = ((0.45, 0.9), (0.16, 0.42))[kind]
        for row in range(int(top / high) + 1):
            z, x = row * high, -wide * (row % 2) / 2
            while x < canvas.width:
                stone = darker(color, 0.86 + 0.28 * float(rng.random()))
                canvas.box(x, z, x + wide - 0.04, min(z + high - 0.04, top), stone)
                x += wide
            canvas.box(0, min(z + high - 0.04, top), canvas.width, min(z + high, top), darker(color, 0.74))
    elif kind == 3:
        for row in range(int(top / 0.3) + 1):
            z = row * 0.3
            canvas.box(
                0, z, canvas.width, min(z + 0.3, top), darker(color, 0.92 + 0.14 * float(rng.random()))
            )
            canvas.box(0, z, canvas.width, min(z + 0.05, top), darker(color, 0.72))
    elif kind == 4:
        _beams(canvas, rng, top)


def _beams(canvas: Canvas, rng: np.random.Generator, top: float) -> None:
    beam, n = (84.0, 58.0, 42.0), max(int(canvas.width / 1.5), 2)
    wide = canvas.width / n
    for z in np.arange(2.8, top, 1.4).tolist():
        canvas.box(0, z, canvas.width, z + 0.2, beam)
        for i in range(n):
            slant = int(rng.integers(3))
            x0, x1, end = i * wide, (i + 1) * wide, min(z + 1.4, top)
            if slant == 0:
                canvas.polygon([(x0, z), (x0 + 0.25, z), (x1, end), (x1 - 0.25, end)], beam)
            elif slant == 1:
                canvas.polygon([(x1 - 0.25, z), (x1, z), (x0 + 0.25, end), (x0, end)], beam)
    for i in range(n + 1):
        canvas.box(i * wide - 0.1, 2.8, i * wide + 0.1, top, beam)
