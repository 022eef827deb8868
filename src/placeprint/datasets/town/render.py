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

from placeprint.arrays import Float32, Int32, Int64
from placeprint.datasets.town.camera import FAR, SAMPLES, Camera, Rays, rays
from placeprint.datasets.town.painting.ground import MaterialMap, look_down
from placeprint.datasets.town.painting.sky import look_up
from placeprint.datasets.town.painting.texture import LEVELS, STRETCH, Atlas
from placeprint.datasets.town.painting.walls import Walls
from placeprint.datasets.town.raycast import Segments, hits

LAYERS = 4
BELOW_ONE = 1.0 - 1e-6  # keeps the lowest sample out of the row below the texture
BAND = 1 << 16  # samples at once: their arrays fit in the CPU's cache
MATERIAL_STEP = np.uint32(1 << 24)  # packed texels below this are transparent


@dataclass(frozen=True)
class Surfaces:
    """What the rays hit, one per pixel: packed colors, meters ahead (`FAR`: sky), number of the wall.

    A pixel's color is the mean of its samples; its depth and wall are those of its first sample. The wall is
    -1 on the ground and -2 in the sky.
    """

    texels: NDArray[np.uint32]
    depth: Float32
    wall: Int32


@dataclass(frozen=True)
class Stage:
    """Everything that can be seen: walls with the atlas numbers of their fronts and backs, ground and sky."""

    walls: Walls
    front: Int64
    back: Int64
    atlas: Atlas
    ground: MaterialMap
    tiles: NDArray[np.uint32]
    panorama: NDArray[np.uint32]


@dataclass(frozen=True)
class Layer:
    """The constants of the wall hit by each column (see above), and where its texels are."""

    wall: Int32
    a: Float32
    b: Float32
    p: Float32
    q: Float32
    top: Float32
    rows: Float32  # texels per meter of height
    width: Float32
    offset: Int64


@dataclass(frozen=True)
class Film:
    """The samples, row by row."""

    texels: NDArray[np.uint32]
    depth: Float32
    wall: Int32


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
        below = (height < -camera.height) & (rise < 0)
        hit = np.flatnonzero(~below & (height < layer.top[bins]) & (ahead > 0))
        columns = bins[hit]
        width = layer.width[columns]
        place = (layer.p[columns] * across[hit] + layer.q[columns]) * ahead[hit]
        place = np.minimum(np.maximum(place, 0.0), width - 1.0).astype(np.int32)
        row = ((layer.top[columns] - height[hit]) * layer.rows[columns]).astype(np.int32)
        color = stage.atlas.texels[row * width.astype(np.int32) + place + layer.offset[columns]]
        opaque = color >= MATERIAL_STEP
        hit = hit[opaque]
        where = left[hit]
        film.texels[where], film.depth[where] = color[opaque], ahead[hit]
        film.wall[where] = layer.wall[columns[opaque]]
        through = np.ones(len(left), bool)
        through[hit] = False
        low.append(left[through & below])
        further = np.flatnonzero(through & ~below)
        left, across, rise, bins = left[further], across[further], rise[further], bins[further]
        if not len(left):
            break
    ground = np.concatenate([*low, left[rise < 0]])
    film.wall[ground] = -1
    film.depth[ground], film.texels[ground] = look_down(
        camera, stage.ground, stage.tiles, beams.across[ground], beams.rise[ground]
    )
    high = rise >= 0
    film.texels[left[high]] = look_up(camera, stage.panorama, beams.columns, bins[high], rise[high])


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


def _layer(camera: Camera, segments: Segments, stage: Stage, met: NDArray[np.intp], depth: Float32) -> Layer:
    """Constants for each column; if no wall is hit, those of a wall of zero height at `FAR`."""
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
    meters = segments.top[met] + np.float32(camera.height)
    focal = np.float32(camera.lens.focal * SAMPLES)
    down = _level(full[:, 2] / meters * depth / focal, LEVELS)
    slant = np.abs(p * line_b - q * line_a) * depth**2
    across = np.clip(_level(full[:, 1] * slant / focal, LEVELS + STRETCH) - down, 0, STRETCH - 1)
    level = stage.atlas.table[texture, down, across]
    width = level[:, 1].astype(np.float32)
    return Layer(
        met.astype(np.int32), line_a, line_b, p * width, q * width, top,
        (level[:, 2] / meters * BELOW_ONE).astype(np.float32), width, level[:, 0],
    )  # fmt: skip


def _level(ratio: NDArray[np.floating], levels: int) -> NDArray[np.intp]:
    """Nearest mip level for `ratio` texels per sample."""
    return np.asarray(np.clip(np.frexp(ratio * np.float32(0.70710678))[1], 0, levels - 1), np.intp)


def _mean(one: NDArray[np.uint32], two: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Means of packed bytes, all four at once: the shared bits plus half of the differing ones."""
    return (one & two) + (((one ^ two) & np.uint32(0xFEFEFEFE)) >> np.uint32(1))
