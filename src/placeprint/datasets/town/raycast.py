"""Which walls each column of rays meets, nearest first.

A wall is a 2-D segment, seen from above in the frame of the camera (x right, y ahead). A ray
(s, 1)·t meets the segment's line n·x = c at depth t = c / (n·(s, 1)); it hits the segment if that point
lies between the ends. Depth is measured ahead, not along the ray.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float32
from placeprint.datasets.town.camera import FAR

NEAR = 0.15


@dataclass(frozen=True)
class Segments:
    """n segments in the camera's frame: ends (n, 2), and heights above the camera of top and solid part."""

    a: Float32
    b: Float32
    top: Float32
    solid: Float32


def hits(segments: Segments, columns: Float32, layers: int) -> tuple[NDArray[np.intp], Float32]:
    """(layers, columns) wall numbers, -1 for none, and depths of the walls that may be visible.

    A wall is left out if its top does not rise above the solid part of a nearer one.
    """
    count = len(columns)
    walls = np.full((layers, count), -1, np.intp)
    depths = np.full((layers, count), FAR, np.float32)
    if segments.a.size == 0:
        return walls, depths
    depth = meet(segments, columns)
    every = np.arange(count)
    blocked = np.full(count, -np.inf, np.float32)
    for layer in range(layers):
        nearest = depth.argmin(axis=1)
        found = depth[every, nearest]
        seen = found < FAR
        walls[layer, seen], depths[layer, seen] = nearest[seen], found[seen]
        if layer + 1 == layers or not seen.any():
            break
        depth[every, nearest] = FAR
        blocked = np.where(seen, np.maximum(blocked, segments.solid[nearest] / found), blocked)
        depth[segments.top <= blocked[:, None] * depth] = FAR
    return walls, depths


def meet(segments: Segments, columns: Float32) -> Float32:
    """(columns, n) depths, `FAR` where a ray misses the segment."""
    edge = segments.b - segments.a
    normal_x, normal_y = edge[:, 1], -edge[:, 0]
    offset = normal_x * segments.a[:, 0] + normal_y * segments.a[:, 1]
    slope = columns[:, None] * normal_x
    slope += normal_y
    with np.errstate(divide="ignore", invalid="ignore"):
        depth = offset / slope
    along = columns[:, None] * edge[:, 0]
    along += edge[:, 1]
    along *= depth
    along -= segments.a[:, 0] * edge[:, 0] + segments.a[:, 1] * edge[:, 1]
    inside = (along >= 0) & (along <= (edge**2).sum(axis=1)) & (depth > NEAR)
    return np.asarray(np.where(inside, np.minimum(depth, FAR), np.float32(FAR)), np.float32)
