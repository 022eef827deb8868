"""A picture by ray casting: columns meet walls (`raycast`), then every pixel finds its own texel.

Each pixel is the mean of 2 × 2 samples. A sample's ray (across, 1, rise)·t meets the wall of its
column at t = 1 / (A·across + B); its place along the wall is (P·across + Q)·t and its height above
the camera rise·t. Ground lies at t = -height / rise. A, B, P, Q are constants of a wall, so that the
whole picture takes few operations on whole arrays. Mip levels follow from depth and slant.
"""

from dataclasses import dataclass
from math import cos, radians, sin

import numpy as np
from numpy.typing import NDArray

from placeprint.datasets.town import sky
from placeprint.datasets.town.camera import Camera, Rays, rays
from placeprint.datasets.town.ground import CELLS_PER_METRE, TILE, TILE_LEVELS, TILE_METRES, MaterialMap
from placeprint.datasets.town.raycast import FAR, Segments, hits
from placeprint.datasets.town.scene import Walls
from placeprint.datasets.town.texture import LEVELS, STRETCH, Atlas

Float = NDArray[np.float32]
SAMPLES = 2
LAYERS = 4
BAND = 1 << 14  # samples at once: their arrays stay in the processor's cache
MATERIAL_STEP = np.uint32(1 << 24)  # packed texels below this are see-through


@dataclass(frozen=True)
class Surfaces:
    """What the rays met, one a pixel: packed colours, metres ahead (`FAR`: sky), number of the wall.

    A pixel's colour is the mean of its samples, its depth and wall those of its first sample; the
    wall is -1 on the ground and -2 in the sky.
    """

    texels: NDArray[np.uint32]
    depth: Float
    wall: NDArray[np.int32]


@dataclass(frozen=True)
class Stage:
    """All that can be seen: walls with the atlas numbers of their fronts and backs, ground and sky."""

    walls: Walls
    front: NDArray[np.int64]
    back: NDArray[np.int64]
    atlas: Atlas
    ground: MaterialMap
    tiles: NDArray[np.uint32]
    panorama: NDArray[np.uint32]


@dataclass(frozen=True)
class Layer:
    """The constants of the wall that each column meets (see above), and where its texels lie."""

    wall: NDArray[np.int32]
    a: Float
    b: Float
    p: Float
    q: Float
    top: Float
    rows: Float  # texels a metre of height
    width: Float
    offset: NDArray[np.int64]


@dataclass(frozen=True)
class Film:
    """The samples, row after row."""

    texels: NDArray[np.uint32]
    depth: Float
    wall: NDArray[np.int32]


def cast(camera: Camera, stage: Stage) -> Surfaces:
    """What `camera` sees of `stage`."""
    beams = rays(camera.lens, camera.pitch, camera.roll, SAMPLES)
    segments = in_camera_frame(camera, stage.walls)
    met, depths = hits(segments, beams.columns, LAYERS)
    layers = [
        _layer(camera, segments, stage, met[number], depths[number])
        for number in range(LAYERS)
        if number == 0 or (met[number] >= 0).any()
    ]
    size = len(beams.across)
    film = Film(np.zeros(size, np.uint32), np.full(size, FAR, np.float32), np.full(size, -2, np.int32))
    for start in range(0, size, BAND):
        _paint(camera, stage, layers, beams, film, slice(start, min(start + BAND, size)))
    rows, columns = camera.lens.height * SAMPLES, camera.lens.width * SAMPLES
    grid = film.texels.reshape(rows, columns)
    upper, lower = _mean(grid[0::2, 0::2], grid[0::2, 1::2]), _mean(grid[1::2, 0::2], grid[1::2, 1::2])
    depth, wall = (v.reshape(rows, columns)[::SAMPLES, ::SAMPLES] for v in (film.depth, film.wall))
    return Surfaces(_mean(upper, lower), np.ascontiguousarray(depth), np.ascontiguousarray(wall))


def _paint(camera: Camera, stage: Stage, layers: list[Layer], beams: Rays, film: Film, band: slice) -> None:
    """Fill one band of the film: walls from near to far, then the ground and the sky."""
    left = np.arange(band.start, band.stop)
    low = []
    across, rise, bins = beams.across[band], beams.rise[band], beams.bins[band]
    for layer in layers:
        ahead = 1.0 / (layer.a[bins] * across + layer.b[bins])
        height = rise * ahead
        above_ground = height >= -camera.height
        hit = np.flatnonzero(above_ground & (height < layer.top[bins]))
        columns = bins[hit]
        width = layer.width[columns]
        place = (layer.p[columns] * across[hit] + layer.q[columns]) * ahead[hit]
        place = np.minimum(np.maximum(place, 0.0), width - 1.0).astype(np.int32)
        row = ((layer.top[columns] - height[hit]) * layer.rows[columns]).astype(np.int32)
        colour = stage.atlas.texels[row * width.astype(np.int32) + place + layer.offset[columns]]
        opaque = colour >= MATERIAL_STEP
        hit = hit[opaque]
        where = left[hit]
        film.texels[where], film.depth[where] = colour[opaque], ahead[hit]
        film.wall[where] = layer.wall[columns[opaque]]
        through = np.ones(len(left), bool)
        through[hit] = False
        low.append(left[through & ~above_ground])
        further = np.flatnonzero(through & above_ground)
        left, across, rise, bins = left[further], across[further], rise[further], bins[further]
        if not len(left):
            break
    ground = np.concatenate([*low, left[rise < 0]])
    film.wall[ground] = -1
    film.depth[ground], film.texels[ground] = _ground(camera, stage, beams.across[ground], beams.rise[ground])
    film.texels[left[rise >= 0]] = _sky(camera, stage, beams.columns, bins[rise >= 0], rise[rise >= 0])


def in_camera_frame(camera: Camera, walls: Walls) -> Segments:
    """Walls moved and turned so that the camera looks along +y from the origin."""
    turn = radians(camera.heading)
    ends = []
    for end in (walls.a, walls.b):
        east, north = end[:, 0] - camera.east, end[:, 1] - camera.north
        right, ahead = east * cos(turn) - north * sin(turn), east * sin(turn) + north * cos(turn)
        ends.append(np.stack([right, ahead], axis=-1).astype(np.float32))
    top, solid = walls.top - camera.height, walls.solid - camera.height
    return Segments(ends[0], ends[1], top.astype(np.float32), solid.astype(np.float32))


def _layer(
    camera: Camera, segments: Segments, stage: Stage, met: NDArray[np.intp], depth: Float
) -> Layer:
    """Constants for each column; where no wall is met, a wall of no height at `FAR`."""
    none = met < 0
    a, edge = segments.a[met], segments.b[met] - segments.a[met]
    offset = edge[:, 1] * a[:, 0] - edge[:, 0] * a[:, 1]
    texture = np.where(offset < 0, stage.front[met], stage.back[met])
    line_a = np.where(none, np.float32(0), edge[:, 1] / np.where(none, np.float32(1), offset))
    line_b = np.where(none, np.float32(1 / FAR), -edge[:, 0] / np.where(none, np.float32(1), offset))
    square = (edge**2).sum(axis=1)
    start = (a * edge).sum(axis=1)
    p, q = (edge[:, 0] - start * line_a) / square, (edge[:, 1] - start * line_b) / square
    top = np.where(none, np.float32(-1e9), segments.top[met])
    full = stage.atlas.table[texture, 0, 0]
    metres = segments.top[met] + np.float32(camera.height)
    focal = np.float32(camera.lens.focal * SAMPLES)
    down = _level(full[:, 2] / metres * depth / focal, LEVELS)
    slant = np.abs(p * line_b - q * line_a) * depth**2
    across = np.clip(_level(full[:, 1] * slant / focal, LEVELS + STRETCH) - down, 0, STRETCH - 1)
    level = stage.atlas.table[texture, down, across]
    width = level[:, 1].astype(np.float32)
    return Layer(
        met.astype(np.int32), line_a, line_b, p * width, q * width, top,
        (level[:, 2] / metres).astype(np.float32), width, level[:, 0],
    )  # fmt: skip


def _level(ratio: NDArray[np.floating], levels: int) -> NDArray[np.intp]:
    """Nearest mip level for `ratio` texels a sample."""
    return np.clip(np.frexp(ratio * np.float32(0.70710678))[1], 0, levels - 1).astype(np.intp)


def _ground(camera: Camera, stage: Stage, across: Float, rise: Float) -> tuple[Float, NDArray[np.uint32]]:
    ahead = np.minimum(np.float32(-camera.height) / rise, np.float32(FAR - 1))
    turn = radians(camera.heading)
    right = across * ahead
    east = np.float32(camera.east) + right * np.float32(cos(turn)) + ahead * np.float32(sin(turn))
    north = np.float32(camera.north) - right * np.float32(sin(turn)) + ahead * np.float32(cos(turn))
    cells, low = stage.ground.cells, np.float32(stage.ground.low)
    rows = ((north - low) * np.float32(CELLS_PER_METRE)).astype(np.int32)
    columns = ((east - low) * np.float32(CELLS_PER_METRE)).astype(np.int32)
    side = len(cells)
    np.clip(rows, 0, side - 1, out=rows)
    np.clip(columns, 0, side - 1, out=columns)
    material = cells.ravel()[rows * np.int32(side) + columns].astype(np.int32)
    # a sample covers ahead / focal across and ahead² / (focal · height) along: take their geometric mean
    footprint = ahead * np.sqrt(ahead) * np.float32(
        TILE / TILE_METRES / (camera.lens.focal * SAMPLES) / np.sqrt(camera.height)
    )
    level = np.clip(np.frexp(footprint)[1], 0, TILE_LEVELS - 1)
    bits = np.int32(TILE.bit_length() - 1) - level
    mask = (np.int32(1) << bits) - 1
    scale = np.float32(TILE / TILE_METRES)
    x = ((east - low) * scale).astype(np.int32) >> level & mask
    y = ((north - low) * scale).astype(np.int32) >> level & mask
    starts = np.concatenate([[0], np.cumsum([(TILE >> n) ** 2 for n in range(TILE_LEVELS)])]).astype(np.int32)
    index = starts[level] + (y << bits) + x
    return ahead, stage.tiles.ravel()[material * np.int32(stage.tiles.shape[1]) + index]


def _sky(
    camera: Camera, stage: Stage, columns: Float, bins: NDArray[np.intp], rise: Float
) -> NDArray[np.uint32]:
    heading = np.degrees(np.arctan(columns)) + camera.heading
    column = np.floor(heading * (sky.WIDTH / 360.0)).astype(np.int64) % sky.WIDTH
    row = ((np.float32(sky.TOP) - rise) * np.float32(sky.HEIGHT / (sky.TOP - sky.BOTTOM))).astype(np.int64)
    return stage.panorama.ravel()[np.maximum(row, 0) * sky.WIDTH + column[bins]]


def _mean(one: NDArray[np.uint32], two: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Means of packed bytes, all four at once: the shared bits and half of the differing ones."""
    return (one & two) + (((one ^ two) & np.uint32(0xFEFEFEFE)) >> np.uint32(1))
