"""The ground: a map of materials, and the color a ray finds there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float32, Float64, UInt8
from placeprint.datasets.town.camera import FAR, SAMPLES, Camera
from placeprint.datasets.town.painting.tiles import (
    ASPHALT,
    PAINT,
    PAVEMENT,
    TILE,
    TILE_LEVELS,
    TILE_METERS,
    YARD,
)
from placeprint.datasets.town.plan import Plan, Street

Depths = Float32
CELLS_PER_METER = 8
SIDEWALK = 2.6


@dataclass(frozen=True)
class MaterialMap:
    """`cells[row, column]` covers the square from `low` meters, with `CELLS_PER_METER` cells per meter."""

    cells: UInt8
    low: float

    def boxes(self, shapes: Sequence[Float64], margin: float) -> Iterator[tuple[UInt8, Float64, Float64]]:
        """For the box around each (n, 2) shape: its cells, and their east and north."""
        for shape in shapes:
            corners = [shape.min(axis=0) - margin, shape.max(axis=0) + margin]
            first, last = (((corner - self.low) * CELLS_PER_METER).astype(int) for corner in corners)
            east, north = ((np.arange(first[i], last[i]) + 0.5) / CELLS_PER_METER + self.low for i in (0, 1))
            yield self.cells[first[1] : last[1], first[0] : last[0]], east[None, :], north[:, None]


def material_map(plan: Plan) -> MaterialMap:
    """Streets with curbs, crossings and dashes, in a paved town surrounded by green."""
    side = int(2 * plan.extent * CELLS_PER_METER)
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


def _along_across(street: Street, east: Float64, north: Float64) -> tuple[Float64, Float64]:
    x = (street.end[0] - street.start[0]) / street.length
    y = (street.end[1] - street.start[1]) / street.length
    dx, dy = east - street.start[0], north - street.start[1]
    return dx * x + dy * y, dy * x - dx * y


def look_down(
    camera: Camera, materials: MaterialMap, tiles: NDArray[np.uint32], across: Depths, rise: Depths
) -> tuple[Depths, NDArray[np.uint32]]:
    """Depth ahead and packed colors where falling rays meet the ground."""
    ahead = np.minimum(np.float32(-camera.height) / rise, np.float32(FAR - 1))
    east, north = camera.stand(across * ahead, ahead)
    east, north = east - np.float32(materials.low), north - np.float32(materials.low)
    cells = materials.cells
    rows = (north * np.float32(CELLS_PER_METER)).astype(np.int32)
    columns = (east * np.float32(CELLS_PER_METER)).astype(np.int32)
    side = len(cells)
    np.clip(rows, 0, side - 1, out=rows)
    np.clip(columns, 0, side - 1, out=columns)
    material = cells.ravel()[rows * np.int32(side) + columns].astype(np.int32)
    # a sample covers ahead / focal across and ahead² / (focal · height) along: take their geometric mean
    footprint = (
        ahead
        * np.sqrt(ahead)
        * np.float32(TILE / TILE_METERS / (camera.lens.focal * SAMPLES) / np.sqrt(camera.height))
    )
    level = np.clip(np.frexp(footprint)[1], 0, TILE_LEVELS - 1)
    bits = np.int32(TILE.bit_length() - 1) - level
    mask = (np.int32(1) << bits) - 1
    scale = np.float32(TILE / TILE_METERS)
    x = (east * scale).astype(np.int32) >> level & mask
    y = (north * scale).astype(np.int32) >> level & mask
    starts = np.concatenate([[0], np.cumsum([(TILE >> n) ** 2 for n in range(TILE_LEVELS)])]).astype(np.int32)
    index = starts[level] + (y << bits) + x
    return ahead, tiles.ravel()[material * np.int32(tiles.shape[1]) + index]
