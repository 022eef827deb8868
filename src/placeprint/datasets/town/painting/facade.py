"""A whole front: wall, rows of windows, ground floor, cornice and gable, with signs of wear."""

import numpy as np

from placeprint.datasets.town.canvas import Canvas, Color, darker, mix
from placeprint.datasets.town.painting import masonry, ornament
from placeprint.datasets.town.painting.ornament import CURTAINS, WHITE, pick
from placeprint.datasets.town.painting.texture import Texels, generator
from placeprint.datasets.town.plan import Facade

PER_METER = 28
WALLS: tuple[Color, ...] = (
    (168, 84, 62), (196, 118, 82), (222, 196, 150), (226, 214, 188), (186, 200, 196), (150, 172, 186),
    (206, 150, 130), (178, 178, 160), (222, 186, 96), (140, 150, 120), (196, 168, 176), (118, 92, 84),
)  # fmt: skip
ROOFS: tuple[Color, ...] = ((150, 72, 56), (92, 88, 96), (120, 84, 70), (84, 96, 92))


def paint(facade: Facade) -> Texels:
    """(h, w, 4) texels of a front, `PER_METER` per meter; transparent above the gable's outline."""
    rng = generator(facade.seed, 2)
    canvas = Canvas(facade.width, facade.top, PER_METER)
    kind = int(rng.integers(5))
    color = pick(rng, WALLS[2:10] if kind in (2, 4) else WALLS)
    trim = pick(rng, (WHITE, WHITE, (206, 196, 170), darker(color, 0.62), (84, 66, 56)))
    _gable(canvas, rng, facade, color, trim)
    masonry.wall(canvas, rng, kind, color, facade.eaves)
    canvas.speckle(rng, 0.10, 1.7)
    canvas.speckle(rng, 0.10, 0.35)
    _storeys(canvas, rng, facade, trim, half_timber=kind == 4)
    _ground_floor(canvas, rng, facade, trim, color)
    ornament.posters(canvas, rng, int(rng.integers(3)), min(3.0, facade.eaves))
    _wear(canvas, rng, facade)
    canvas.speckle(rng, 0.07, 0.12)
    return canvas.texels()


def _gable(canvas: Canvas, rng: np.random.Generator, facade: Facade, color: Color, trim: Color) -> None:
    """0 tiled roof with dormers, 1 triangle, 2 steps, 3 parapet with balusters."""
    shape, w, low, high = int(rng.integers(4)), facade.width, facade.eaves, facade.top
    tile = pick(rng, ROOFS)
    where = w * (0.1 + 0.7 * float(rng.random()))
    canvas.box(where, low, where + 0.6, high - 0.15, darker(tile, 0.9))
    canvas.box(where - 0.06, high - 0.3, where + 0.66, high - 0.15, darker(tile, 0.7))
    if shape == 0:
        canvas.box(0, low, w, high - 0.1, tile)
        for row, z in enumerate(np.arange(low, high - 0.1, 0.24).tolist()):
            for x in np.arange(-0.2 * (row % 2), w, 0.4).tolist():
                one = darker(tile, 0.85 + 0.3 * float(rng.random()))
                canvas.box(x, z + 0.05, x + 0.36, min(z + 0.24, high - 0.1), one)
        for i in range(int(rng.integers(1, 3))):
            x = w * (0.2 + 0.4 * i) + 0.3 * float(rng.random())
            ornament.window(canvas, rng, x, low + 0.35, 0.7, 0.55, int(rng.integers(2)), trim)
        return
    if shape == 1:
        canvas.polygon([(0, low), (w, low), (w / 2, high)], color)
        canvas.polygon([(0.35, low), (w - 0.35, low), (w / 2, high - 0.3)], darker(color, 0.88))
        canvas.disc(w / 2, low + 0.38 * (high - low), 0.3, trim)
        canvas.disc(w / 2, low + 0.38 * (high - low), 0.2, ornament.GLASS)
    elif shape == 2:
        steps = int(rng.integers(3, 6))
        for i in range(steps):
            inset, z = 0.42 * w * i / steps, low + (high - low) * i / steps
            canvas.box(inset, z, w - inset, z + (high - low) / steps, darker(color, 0.94))
            canvas.box(inset, z + (high - low) / steps - 0.12, w - inset, z + (high - low) / steps, trim)
    else:
        canvas.box(0, low, w, low + 0.35, darker(color, 0.9))
        for x in np.arange(0.1, w - 0.1, 0.34).tolist():
            canvas.box(x, low + 0.35, x + 0.2, low + 0.85, trim)
        canvas.box(0, low + 0.85, w, low + 1.0, trim)


def _storeys(
    canvas: Canvas, rng: np.random.Generator, facade: Facade, trim: Color, half_timber: bool
) -> None:
    high = 2.5 + 0.5 * float(rng.random())
    storeys = max(int((facade.eaves - 3.4) / high), 1)
    high = (facade.eaves - 3.4) / storeys
    columns = max(int(facade.width / (1.7 + 0.8 * float(rng.random()))), 2)
    style, wide = int(rng.integers(5)), 0.75 + 0.5 * float(rng.random())
    wide = min(wide, facade.width / columns - 0.7)
    shutter = pick(rng, CURTAINS[1:]) if rng.random() < 0.35 and facade.width / columns > wide + 1.3 else None
    flowers = 0.1 + 0.5 * float(rng.random())
    for storey in range(storeys):
        z = 3.4 + storey * high + 0.55
        tall = max(min(high - 1.0 - (0.35 if style == 2 else 0.0), 1.7), 0.7)
        if not half_timber:
            canvas.box(0, z - 0.75, facade.width, z - 0.6, mix(trim, WHITE, 0.2))
            canvas.shade(0, z - 0.85, facade.width, z - 0.75, 0.75)
        for column in range(columns):
            x = facade.width * (column + 0.5) / columns - wide / 2
            ornament.window(canvas, rng, x, z, wide, tall, style, trim)
            if shutter:
                ornament.shutters(canvas, x, z, wide, tall, shutter)
            if rng.random() < flowers:
                ornament.flower_box(canvas, rng, x - 0.1, z, wide + 0.2)
    for x in np.arange(0.0, facade.width, 0.4).tolist():
        canvas.box(x, facade.eaves - 0.22, x + 0.2, facade.eaves - 0.1, darker(trim, 0.8))
    canvas.box(0, facade.eaves - 0.1, facade.width, facade.eaves + 0.1, trim)


def _ground_floor(
    canvas: Canvas, rng: np.random.Generator, facade: Facade, trim: Color, color: Color
) -> None:
    canvas.box(0, 0, facade.width, 0.45, darker(mix(color, (120, 116, 110), 0.6), 0.85))
    right = rng.random() < 0.5
    at = facade.width - 1.7 if right else 0.5
    ornament.door(canvas, rng, at, 1.0, 2.15, trim)
    free = (0.3, facade.width - 2.2) if right else (2.3, facade.width - 0.3)
    if facade.shop:
        ornament.shop(canvas, rng, *free)
        return
    count = max(int((free[1] - free[0]) / 1.9), 1)
    for i in range(count):
        x = free[0] + (free[1] - free[0]) * (i + 0.5) / count - 0.5
        ornament.window(canvas, rng, x, 1.0, 1.0, 1.35, int(rng.integers(5)), trim)


def _wear(canvas: Canvas, rng: np.random.Generator, facade: Facade) -> None:
    """Streaks below the cornice, patches, a drain pipe and perhaps ivy, different for every house."""
    for _ in range(int(3 + facade.width)):
        x, long = float(rng.random()) * facade.width, 0.4 + 1.6 * float(rng.random())
        z = 0.5 + float(rng.random()) * (facade.eaves - 1.0)
        canvas.shade(
            x, max(z - long, 0.1), x + 0.08 + 0.2 * float(rng.random()), z, 0.72 + 0.2 * float(rng.random())
        )
    for _ in range(5):
        x, z = float(rng.random()) * facade.width, float(rng.random()) * facade.eaves
        wide, tall = 0.2 + 0.5 * float(rng.random()), 0.15 + 0.4 * float(rng.random())
        canvas.shade(x, z, x + wide, z + tall, 0.8 + 0.45 * float(rng.random()))
    if rng.random() < 0.25:
        left = float(rng.random()) * facade.width * 0.7
        for _ in range(260):
            z = float(rng.random()) * facade.eaves * 0.7
            x = left + (float(rng.random()) - 0.3) * (2.2 - z / facade.eaves)
            leaf = darker((74, 116, 58), 0.7 + 0.6 * float(rng.random()))
            if 0.1 < x < facade.width - 0.1:
                canvas.disc(x, z + 0.1, 0.11, leaf)
    canvas.box(0.04, 0, 0.16, facade.eaves, (104, 100, 98))
    canvas.shade(0.16, 0, 0.22, facade.eaves, 0.75)
