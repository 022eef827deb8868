"""The camera: its position, its orientation, and its lens.

Axes: east, north, up in meters; heading clockwise from north, pitch upwards, roll clockwise, degrees. Pixel
(0, 0) is the center of the top-left pixel. The lens maps a pixel at normalized distance r from the principal
point to the ray at r·(1 + distortion·r²).
"""

from dataclasses import dataclass
from functools import lru_cache
from math import cos, radians, sin, tan

import numpy as np
from numpy.typing import ArrayLike, NDArray

from placeprint.arrays import Float32, Float64

STEEPEST = 35.0
SAMPLES = 2  # samples per pixel, along each axis
FAR = 400.0  # meters: the depth of the sky


@dataclass(frozen=True)
class Lens:
    """Picture size in pixels, horizontal field of view in degrees, radial distortion, vignetting.

    `vignetting` is the fraction of light lost in the corners.
    """

    width: int = 320
    height: int = 240
    field_of_view: float = 70.0
    distortion: float = 0.0
    vignetting: float = 0.0

    @property
    def focal(self) -> float:
        """Focal length in pixels."""
        return 0.5 * self.width / tan(radians(0.5 * self.field_of_view))


@dataclass(frozen=True)
class Camera:
    """A pose in the town's meters. Raises `ValueError` for a pitch beyond ±35°."""

    east: float
    north: float
    heading: float
    height: float = 1.6
    pitch: float = 0.0
    roll: float = 0.0
    lens: Lens = Lens()

    def __post_init__(self) -> None:
        if abs(self.pitch) > STEEPEST:
            raise ValueError(f"pitch {self.pitch} is beyond ±{STEEPEST:.0f} degrees")

    def stand(self, right: Float32, ahead: Float32) -> tuple[Float32, Float32]:
        """East and north of points given in meters to the right and ahead of the camera."""
        sine, cosine = np.float32(sin(radians(self.heading))), np.float32(cos(radians(self.heading)))
        east = np.float32(self.east) + right * cosine + ahead * sine
        return east, np.float32(self.north) - right * sine + ahead * cosine

    def project(self, points: ArrayLike) -> Float64:
        """(n, 2) pixels of (n, 3) points east, north, up; NaN behind the camera."""
        offset = np.asarray(points, np.float64).reshape(-1, 3) - (self.east, self.north, self.height)
        turn, pitch, roll = radians(self.heading), radians(self.pitch), radians(self.roll)
        right = offset[:, 0] * cos(turn) - offset[:, 1] * sin(turn)
        ahead = offset[:, 0] * sin(turn) + offset[:, 1] * cos(turn)
        forward = ahead * cos(pitch) + offset[:, 2] * sin(pitch)
        up = offset[:, 2] * cos(pitch) - ahead * sin(pitch)
        forward = np.where(forward > 1e-6, forward, np.nan)
        x = (right * cos(roll) - up * sin(roll)) / forward
        y = -(right * sin(roll) + up * cos(roll)) / forward
        straight = np.hypot(x, y)
        bent = straight.copy()
        for _ in range(20):
            bent = straight / (1.0 + self.lens.distortion * bent * bent)
        scale = self.lens.focal * np.divide(bent, straight, out=np.ones_like(bent), where=straight > 0)
        center = (0.5 * (self.lens.width - 1), 0.5 * (self.lens.height - 1))
        return np.stack([center[0] + x * scale, center[1] + y * scale], axis=-1)


@dataclass(frozen=True)
class Rays:
    """One ray per sample: `across` = right / ahead, `rise` = up / ahead, in the level frame of the heading.

    `bins` is the number of each ray's column in `columns`, the `across` of evenly spaced columns.
    """

    across: Float32
    rise: Float32
    bins: NDArray[np.intp]
    columns: Float32


@lru_cache(maxsize=6)
def rays(lens: Lens, pitch: float, roll: float, samples: int) -> Rays:
    """Rays of `samples` × `samples` points per pixel, row by row, flattened."""
    x = ((np.arange(lens.width * samples) + 0.5) / samples - 0.5 * lens.width) / lens.focal
    y = ((np.arange(lens.height * samples) + 0.5) / samples - 0.5 * lens.height) / lens.focal
    bend = 1.0 + lens.distortion * (x[None, :] ** 2 + y[:, None] ** 2)
    right, up = x[None, :] * bend, -y[:, None] * bend
    turn, tilt = radians(roll), radians(pitch)
    right, up = right * cos(turn) + up * sin(turn), up * cos(turn) - right * sin(turn)
    ahead = cos(tilt) - up * sin(tilt)
    across = (right / ahead).astype(np.float32).ravel()
    rise = ((up * cos(tilt) + sin(tilt)) / ahead).astype(np.float32).ravel()
    low, high = float(across.min()), float(across.max())
    count = 2 * lens.width * samples
    bins = ((across - np.float32(low)) * np.float32((count - 1) / (high - low)) + np.float32(0.5)).astype(
        np.intp
    )
    columns = (low + (high - low) * np.arange(count) / (count - 1)).astype(np.float32)
    return Rays(across, rise, bins, columns)
