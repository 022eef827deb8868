"""Textures of the town: value noise, packed RGBA texels, and an atlas with anisotropic mip levels.

Only additions, multiplications and roundings of numbers from PCG64 are used, so that a texture is
the same on every machine. The fourth channel is the material: 0 transparent, 255 solid, and between
128 and 254 a surface that glows at night (128 the most).
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float32, Int64, UInt8

Texels = UInt8  # (h, w, 4)
LEVELS = 6  # halvings of the height
STRETCH = 3  # further halvings of the width alone, for walls seen at a slant


def generator(*seed: int) -> np.random.Generator:
    """Random numbers that depend only on the integers `seed`."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(list(seed))))


def noise(rng: np.random.Generator, height: int, width: int, cell: float) -> Float32:
    """(height, width) value noise in -1..1: random numbers every `cell` texels, bilinear between."""
    y, x = np.arange(height) / cell, np.arange(width) / cell
    grid = 2.0 * rng.random((int(height / cell) + 2, int(width / cell) + 2)) - 1.0
    row, column = y.astype(np.intp), x.astype(np.intp)
    down, right = (y - row)[:, None], (x - column)[None, :]
    lines = grid[row] * (1.0 - down) + grid[row + 1] * down
    return np.asarray(lines[:, column] * (1.0 - right) + lines[:, column + 1] * right, np.float32)


def halve(texels: Texels, axis: int) -> Texels:
    """Mean of pairs along `axis`; transparent texels contribute no color (an odd last line is kept)."""
    if texels.shape[axis] < 2:
        return texels
    even = texels.shape[axis] // 2 * 2
    pairs = np.moveaxis(texels, axis, 0)[:even].astype(np.uint32)
    one, two = pairs[0::2], pairs[1::2]
    weight_one, weight_two = (one[..., 3:] > 0).astype(np.uint32), (two[..., 3:] > 0).astype(np.uint32)
    total = weight_one + weight_two
    mean = (one * weight_one + two * weight_two) // np.maximum(total, 1)
    return np.ascontiguousarray(np.moveaxis(mean.astype(np.uint8), 0, axis))


def pack(texels: Texels) -> NDArray[np.uint32]:
    """One little-endian number per texel, so that one gather fetches all four channels."""
    return np.ascontiguousarray(texels).view("<u4")[..., 0].astype(np.uint32)


@dataclass
class Atlas:
    """All textures and their mip levels in one flat array.

    `table[texture, down, across]` is (offset, width, height) of the level that halves the height
    `down` times and the width `down + across` times.
    """

    texels: NDArray[np.uint32] = field(default_factory=lambda: np.zeros(1 << 20, np.uint32))
    table: Int64 = field(default_factory=lambda: np.zeros((0, LEVELS, STRETCH, 3), np.int64))
    used: int = 0

    def add(self, texels: Texels) -> int:
        """Append a texture; returns its number."""
        rows = np.zeros((1, LEVELS, STRETCH, 3), np.int64)
        level = texels
        for down in range(LEVELS):
            slim = level
            for across in range(STRETCH):
                rows[0, down, across] = (self._append(slim), slim.shape[1], slim.shape[0])
                slim = halve(slim, 1)
            level = halve(halve(level, 0), 1)
        self.table = np.concatenate([self.table, rows])
        return len(self.table) - 1

    def _append(self, texels: Texels) -> int:
        flat = pack(texels).ravel()
        offset, self.used = self.used, self.used + len(flat)
        if self.used > len(self.texels):
            self.texels = np.concatenate([self.texels, np.zeros(self.used, np.uint32)])
        self.texels[offset : self.used] = flat
        return offset
