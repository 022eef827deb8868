"""What lies on the ground: a map of materials, and a tile of texture for each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placeprint.datasets.town.canvas import Canvas, darker, mix
from placeprint.datasets.town.conditions import Conditions
from placeprint.datasets.town.plan import Plan, Street
from placeprint.datasets.town.texture import generator, halve, pack

Float = NDArray[np.float64]
GRASS, PAVEMENT, ASPHALT, PAINT, YARD = range(5)
CELLS_PER_METRE = 8
TILE_METRES, TILE = 4.0, 128
TILE_LEVELS = 7
SIDEWALK = 2.6


@dataclass(frozen=True)
class MaterialMap:
    """`cells[row, column]` covers the square from `low` metres, `CELLS_PER_METRE` cells a metre."""

    cells: NDArray[np.uint8]
    low: float

    def boxes(self, shapes: Sequence[Float], margin: float) -> Iterator[tuple[NDArray[np.uint8], Float, Float]]:
        """For the box around each (n, 2) shape: its cells, and their east and north."""
        for shape in shapes:
            corners = [shape.min(axis=0) - margin, shape.max(axis=0) + margin]
            first, last = (((corner - self.low) * CELLS_PER_METRE).astype(int) for corner in corners)
            east, north = (
                (np.arange(first[i], last[i]) + 0.5) / CELLS_PER_METRE + self.low for i in (0, 1)
            )
            yield self.cells[first[1] : last[1], first[0] : last[0]], east[None, :], north[:, None]


def material_map(plan: Plan) -> MaterialMap:
    """Streets with kerbs, crossings and dashes on a paved town in a green land."""
    side = int(2 * plan.extent * CELLS_PER_METRE)
    grounds = MaterialMap(np.zeros((side, side), np.uint8), -plan.extent)
    border = np.concatenate(plan.blocks)
    for cells, _, _ in grounds.boxes([border], 6.0):
        cells[...] = PAVEMENT
    roads = [np.array([street.start, street.end]) for street in plan.streets]
    for street, (cells, east, north) in zip(plan.streets, grounds.boxes(roads, 8.0), strict=True):
        along, across = _along_across(street, east, north)
        half = street.half_width - SIDEWALK
        cells[(np.abs(across) < half) & (along > -half) & (along < street.length + half)] = ASPHALT
    for street, (cells, east, north) in zip(plan.streets, grounds.boxes(roads, 8.0), strict=True):
        along, across = _along_across(street, east, north)
        from_end = np.minimum(along, street.length - along)
        cells[(from_end > 12.0) & (np.abs(across) < 0.11) & (along % 5.0 < 2.2)] = PAINT
        zebra = (from_end > 8.0) & (from_end < 10.6) & (np.abs(across) < street.half_width - SIDEWALK - 0.3)
        cells[zebra & (across % 1.0 < 0.5)] = PAINT
    for block, (cells, east, north) in zip(plan.blocks, grounds.boxes(plan.blocks, 0.0), strict=True):
        inside = np.ones(cells.shape, bool)
        for a, b in zip(block, np.roll(block, -1, axis=0), strict=True):
            inside &= (b[0] - a[0]) * (north - a[1]) - (b[1] - a[1]) * (east - a[0]) > 0
        cells[inside] = YARD
    return grounds


def _along_across(street: Street, east: Float, north: Float) -> tuple[Float, Float]:
    x = (street.end[0] - street.start[0]) / street.length
    y = (street.end[1] - street.start[1]) / street.length
    dx, dy = east - street.start[0], north - street.start[1]
    return dx * x + dy * y, dy * x - dx * y


def tiles(conditions: Conditions) -> NDArray[np.uint32]:
    """(materials, texels) packed tiles with all their mip levels one after another."""
    rng = generator(77)
    painted = []
    for material in range(5):
        canvas = Canvas(TILE_METRES, TILE_METRES, int(TILE / TILE_METRES))
        colour = ((104, 132, 74), (158, 152, 142), (88, 88, 92), (226, 224, 214), (126, 116, 92))[material]
        canvas.box(0, 0, TILE_METRES, TILE_METRES, colour)
        if material == PAVEMENT:
            for row in range(5):
                for column in range(5):
                    x, z = column * 0.8, row * 0.8
                    canvas.box(x, z, x + 0.8, z + 0.8, darker(colour, 0.7))
                    canvas.box(x + 0.03, z + 0.03, x + 0.77, z + 0.77, darker(colour, 0.92 + 0.16 * rng.random()))
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
            canvas.rgb += (np.float32((228, 232, 240)) - canvas.rgb) * np.float32(white)
        if conditions.weather == "rain":
            canvas.rgb *= (0.85, 0.75, 0.62, 0.85, 0.8)[material]
        level, levels = canvas.texels(), []
        for _ in range(TILE_LEVELS):
            levels.append(pack(level).ravel())
            level = halve(halve(level, 0), 1)
        painted.append(np.concatenate(levels))
    return np.stack(painted)
