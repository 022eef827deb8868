"""What is on a wall: windows, shutters, flowers, doors, signs, shops, posters."""

import numpy as np

from placeprint.datasets.town.canvas import GLOWING, SOLID, Canvas, Color, darker, mix

WHITE: Color = (236, 232, 222)
DARK: Color = (52, 46, 44)
GLASS: Color = (70, 88, 104)
WARM: Color = (250, 214, 140)
CURTAINS: tuple[Color, ...] = (
    (214, 206, 190), (176, 70, 62), (86, 120, 160), (208, 168, 84), (120, 148, 104), (160, 120, 150),
)  # fmt: skip
GLYPHS = (
    "1111110001111111000110001", "1111010001111101000111110", "0111110000100001000001111",
    "1111110000111101000011111", "1000110001111111000110001", "0010000100001000010000100",
    "1000011000100001000011111", "1000111011101011000110001", "0111010001100011000101110",
    "1111110001111111000010000", "1111100100001000010000100", "1000101010001000101010001",
)  # fmt: skip


def pick(rng: np.random.Generator, colors: tuple[Color, ...]) -> Color:
    """One of the colors."""
    return colors[int(rng.integers(len(colors)))]


def window(
    canvas: Canvas, rng: np.random.Generator, x: float, z: float, w: float, h: float, style: int, trim: Color
) -> None:
    """A window with its lower left corner at (x, z). What is behind the glass differs for each window."""
    lit = rng.random() < 0.45
    canvas.box(x - 0.12, z - 0.12, x + w + 0.12, z + h + 0.12, trim)
    if style == 2:
        canvas.disc(x + w / 2, z + h, w / 2 + 0.12, trim)
        canvas.disc(x + w / 2, z + h, w / 2, GLASS, GLOWING if lit else SOLID)
    canvas.box(x, z, x + w, z + h, GLASS, GLOWING if lit else SOLID)
    canvas.box(x, z + h * 0.55, x + w, z + h, darker(GLASS, 0.75), GLOWING if lit else SOLID)
    shine = x + w * float(rng.random()) * 0.6
    canvas.polygon(
        [(shine, z), (shine + 0.16, z), (shine + 0.5, z + h), (shine + 0.3, z + h)], mix(GLASS, WHITE, 0.45)
    )
    _behind(canvas, rng, x, z, w, h)
    for i in range(1, (2, 2, 3, 1, 3)[style]):
        at = x + w * i / (2, 2, 3, 1, 3)[style]
        canvas.box(at - 0.04, z, at + 0.04, z + h, trim)
    for i in range(1, (2, 3, 2, 1, 4)[style]):
        at = z + h * i / (2, 3, 2, 1, 4)[style]
        canvas.box(x, at - 0.04, x + w, at + 0.04, trim)
    canvas.frame(x - 0.08, z - 0.08, x + w + 0.08, z + h + 0.08, 0.08, darker(trim, 0.9))
    canvas.box(x - 0.2, z - 0.22, x + w + 0.2, z - 0.08, mix(trim, WHITE, 0.3))
    canvas.shade(x - 0.2, z - 0.34, x + w + 0.2, z - 0.22, 0.7)


def _behind(canvas: Canvas, rng: np.random.Generator, x: float, z: float, w: float, h: float) -> None:
    kind, cloth = int(rng.integers(6)), pick(rng, CURTAINS)
    part = 0.15 + 0.3 * float(rng.random())
    if kind in (0, 1):
        canvas.box(x, z, x + w * part, z + h, cloth)
        canvas.box(x + w * (1 - part), z, x + w, z + h, darker(cloth, 0.9))
    elif kind == 2:
        canvas.box(x, z + h * (1 - part), x + w, z + h, cloth)
    elif kind == 3:
        for i in range(3):
            at = x + w * (0.15 + 0.3 * i)
            canvas.disc(at, z + 0.3, 0.12 + 0.08 * float(rng.random()), pick(rng, CURTAINS))
            canvas.box(at - 0.1, z, at + 0.1, z + 0.18, (150, 84, 52))
    elif kind == 4:
        canvas.box(x, z, x + w * (0.3 + part), z + h * (0.3 + part), cloth)


def flower_box(canvas: Canvas, rng: np.random.Generator, x: float, z: float, w: float) -> None:
    """Flowers on the sill."""
    canvas.box(x, z - 0.4, x + w, z - 0.12, (132, 82, 54))
    for _ in range(int(w * 12)):
        bloom = pick(rng, ((206, 52, 66), (232, 190, 60), (222, 120, 170), (240, 238, 230), (70, 120, 60)))
        canvas.disc(x + w * float(rng.random()), z - 0.1 + 0.22 * float(rng.random()), 0.07, bloom)


def shutters(canvas: Canvas, x: float, z: float, w: float, h: float, color: Color) -> None:
    """A pair of louvred shutters."""
    for left in (x - 0.62, x + w + 0.14):
        canvas.box(left, z - 0.05, left + 0.48, z + h + 0.05, color)
        for rung in np.arange(z + 0.05, z + h, 0.2).tolist():
            canvas.box(left + 0.06, rung, left + 0.42, rung + 0.07, darker(color, 0.66))


def sign(canvas: Canvas, rng: np.random.Generator, x: float, z: float, w: float, h: float) -> None:
    """A board with a word in letters from no alphabet."""
    board = pick(
        rng, ((36, 66, 104), (150, 40, 40), (38, 84, 58), (230, 214, 160), (60, 50, 60), (224, 150, 50))
    )
    ink = DARK if sum(board) > 420 else (244.0, 226.0, 170.0)
    canvas.box(x, z, x + w, z + h, board, 200.0)
    canvas.frame(x, z, x + w, z + h, 0.05, darker(ink, 0.85))
    dot = (h - 0.24) / 5.0
    count = max(int((w - 0.3) / (6.4 * dot)), 1)
    left = x + (w - count * 6.4 * dot + 1.4 * dot) / 2
    for letter in range(count):
        glyph = GLYPHS[int(rng.integers(len(GLYPHS)))]
        for i in [i for i, bit in enumerate(glyph) if bit == "1"]:
            gx, gz = left + (letter * 6.4 + i % 5) * dot, z + 0.12 + (4 - i // 5) * dot
            canvas.box(gx, gz, gx + dot, gz + dot, ink, 200.0)


def door(canvas: Canvas, rng: np.random.Generator, x: float, w: float, h: float, trim: Color) -> None:
    """A door with panels, a fanlight, a knob and a number."""
    leaf = pick(
        rng, ((120, 44, 40), (40, 78, 60), (44, 62, 100), (110, 74, 44), (196, 160, 60), (60, 56, 60))
    )
    canvas.box(x - 0.18, 0, x + w + 0.18, h + 0.66, trim)
    canvas.box(x, 0.14, x + w, h, leaf)
    canvas.box(x, h + 0.06, x + w, h + 0.46, mix(GLASS, WARM, 0.25), GLOWING)
    for row in range(3):
        for column in range(2):
            px, pz = x + w * (0.1 + 0.45 * column), 0.3 + row * (h - 0.4) / 3
            canvas.box(px, pz, px + 0.35 * w, pz + (h - 0.4) / 3 - 0.16, darker(leaf, 0.72))
            canvas.box(px + 0.05, pz, px + 0.35 * w, pz + (h - 0.4) / 3 - 0.21, darker(leaf, 1.15))
    canvas.disc(x + 0.88 * w, 1.05, 0.06, (226, 200, 110))
    canvas.box(x - 0.3, 0, x + w + 0.3, 0.14, (150, 146, 140))
    sign(canvas, rng, x + w + 0.28, 1.6, 0.42, 0.4)


def shop(canvas: Canvas, rng: np.random.Generator, x0: float, x1: float) -> None:
    """A shop window full of goods, perhaps an awning, and a sign above."""
    base = pick(rng, ((60, 84, 70), (88, 52, 48), (58, 66, 90), (110, 90, 60), (90, 88, 86)))
    canvas.box(x0, 0, x1, 3.2, base)
    canvas.box(x0 + 0.15, 0.65, x1 - 0.15, 2.5, darker(GLASS, 0.8), 150.0)
    x = x0 + 0.3
    while x < x1 - 0.5:
        w, goods = 0.2 + 0.4 * float(rng.random()), pick(rng, (*CURTAINS, WARM, WHITE, (60, 110, 80)))
        h = 0.25 + 0.8 * float(rng.random())
        if rng.random() < 0.4:
            canvas.disc(x + w / 2, 0.7 + w / 2, w / 2, goods, 150.0)
        else:
            canvas.box(x, 0.68, min(x + w, x1 - 0.2), 0.68 + h, goods, 150.0)
            canvas.box(x, 0.68 + h * 0.4, min(x + w, x1 - 0.2), 0.68 + h * 0.55, darker(goods, 0.6), 150.0)
        x += w + 0.1 + 0.3 * float(rng.random())
    for at in np.arange(x0 + 0.12, x1, max((x1 - x0 - 0.24) / 3, 0.5)).tolist():
        canvas.box(at - 0.05, 0.6, at + 0.05, 2.55, mix(base, WHITE, 0.4))
    sign(canvas, rng, x0 + 0.05, 2.62, x1 - x0 - 0.1, 0.62)
    if rng.random() < 0.6:
        stripe = pick(rng, ((190, 50, 48), (50, 100, 70), (60, 90, 150), (214, 150, 50)))
        for i, at in enumerate(np.arange(x0, x1 - 0.05, 0.35).tolist()):
            band = stripe if i % 2 else WHITE
            canvas.box(at, 2.02, min(at + 0.35, x1), 2.56, band)
            canvas.disc(min(at + 0.175, x1), 2.02, 0.17, darker(band, 0.9))
        canvas.shade(x0, 1.7, x1, 1.86, 0.8)


def posters(canvas: Canvas, rng: np.random.Generator, count: int, top: float) -> None:
    """Bills pasted on the wall."""
    for _ in range(count):
        w, h = 0.4 + 0.3 * float(rng.random()), 0.5 + 0.4 * float(rng.random())
        x, z = float(rng.random()) * max(canvas.width - w, 0.1), 0.9 + float(rng.random()) * (top - 1.8)
        paper, ink = pick(rng, (WHITE, WARM, *CURTAINS)), pick(rng, (DARK, *CURTAINS))
        canvas.box(x, z, x + w, z + h, paper)
        canvas.disc(x + w * float(rng.random()), z + h * 0.6, 0.16, ink)
        for line in range(3):
            canvas.box(x + 0.06, z + 0.06 + 0.09 * line, x + w * (0.4 + 0.5 * float(rng.random())),
                       z + 0.1 + 0.09 * line, ink)  # fmt: skip
