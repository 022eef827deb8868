"""A square of texture for each ground material, depending on weather and season."""

import numpy as np
from numpy.typing import NDArray

from placeprint.datasets.town.canvas import Canvas, darker, mix
from placeprint.datasets.town.conditions import Conditions
from placeprint.datasets.town.painting.texture import generator, halve, pack

GRASS, PAVEMENT, ASPHALT, PAINT, YARD = range(5)
TILE_METERS, TILE = 4.0, 128
TILE_LEVELS = 7
SNOW = np.array((228, 232, 240), np.float32)


def paint_tiles(conditions: Conditions) -> NDArray[np.uint32]:
    """(materials, texels) packed tiles with all their mip levels one after another."""
    rng = generator(77)
    painted = []
    for material in range(5):
        canvas = Canvas(TILE_METERS, TILE_METERS, int(TILE / TILE_METERS))
        color = ((104, 132, 74), (158, 152, 142), (88, 88, 92), (226, 224, 214), (126, 116, 92))[material]
        canvas.box(0, 0, TILE_METERS, TILE_METERS, color)
        if material == PAVEMENT:
            for row in range(5):
                for column in range(5):
                    x, z = column * 0.8, row * 0.8
                    canvas.box(x, z, x + 0.8, z + 0.8, darker(color, 0.7))
                    canvas.box(
                        x + 0.03, z + 0.03, x + 0.77, z + 0.77, darker(color, 0.92 + 0.16 * rng.random())
                    )
        canvas.speckle(rng, 0.06, 1.0)
        canvas.speckle(rng, (0.3, 0.05, 0.08, 0.06, 0.2)[material], 0.1)
        if conditions.season == "autumn" and material in (GRASS, PAVEMENT, YARD):
            for _ in range(90):
                leaf = mix((196, 110, 40), (214, 170, 60), float(rng.random()))
                canvas.disc(4 * float(rng.random()), 4 * float(rng.random()), 0.07, leaf)
        if conditions.season == "spring" and material == GRASS:
            for _ in range(60):
                canvas.disc(4 * float(rng.random()), 4 * float(rng.random()), 0.06, (240, 226, 120))
        if conditions.weather == "snow":
            white = (0.95, 0.8, 0.45, 0.55, 0.95)[material]
            canvas.rgb += (SNOW - canvas.rgb) * np.float32(white)
        if conditions.weather == "rain":
            canvas.rgb *= (0.85, 0.75, 0.62, 0.85, 0.8)[material]
        level, levels = canvas.texels(), []
        for _ in range(TILE_LEVELS):
            levels.append(pack(level).ravel())
            level = halve(halve(level, 0), 1)
        painted.append(np.concatenate(levels))
    return np.stack(painted)
