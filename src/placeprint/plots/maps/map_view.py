"""Which part of a local frame a drawing shows, and its conversion to pixels. North is up."""

import math
from dataclasses import dataclass

import numpy as np

from placeprint.arrays import Bool, Float64
from placeprint.geo import LocalFrame

LEAST_ACROSS = 30.0  # meters: a closer view would show GPS noise as detail


@dataclass(frozen=True)
class MapView:
    """A window of `width` x `height` pixels centered on `center` (east, north meters of `frame`)."""

    frame: LocalFrame
    center: tuple[float, float]
    meters_per_pixel: float
    width: int
    height: int

    @classmethod
    def covering(cls, frame: LocalFrame, meters: Float64, width: int, height: int) -> "MapView":
        """The view whose inner 84 % holds all of `meters` (n, 2); never less than 30 m across."""
        low, high = meters.min(axis=0), meters.max(axis=0)
        east, north = np.maximum(high - low, LEAST_ACROSS) / 0.84
        center = (low + high) / 2.0
        return cls(
            frame, (float(center[0]), float(center[1])), max(east / width, north / height), width, height
        )

    def pixels(self, meters: Float64) -> Float64:
        """(n, 2) x, y of (n, 2) east, north; y grows downwards."""
        east, north = (np.asarray(meters, np.float64).reshape(-1, 2) - self.center).T / self.meters_per_pixel
        return np.stack([self.width / 2.0 + east, self.height / 2.0 - north], axis=-1)

    def contains(self, pixels: Float64, margin: float = 0.0) -> Bool:
        """(n,) true where a pixel position lies at least `margin` inside the window."""
        inside = (pixels >= margin) & (pixels <= np.array([self.width, self.height]) - margin)
        return np.asarray(inside.all(axis=-1), np.bool_)

    @property
    def reach(self) -> float:
        """Meters from the frame's origin to the farthest corner of the window."""
        half = np.array([self.width, self.height]) * self.meters_per_pixel / 2.0
        return float(np.hypot(*(half + np.abs(self.center))))

    def grid(self) -> tuple[float, Float64, Float64]:
        """(step, x of vertical lines, y of horizontal lines): lines every 1, 2 or 5 times 10^n meters."""
        step = round_length(self.meters_per_pixel * 80.0)
        half = np.array([self.width, self.height]) * self.meters_per_pixel / 2.0
        low = np.ceil((np.array(self.center) - half) / step).astype(int)
        high = np.floor((np.array(self.center) + half) / step).astype(int)
        east, north = (np.arange(low[i], high[i] + 1) * step for i in (0, 1))
        x = self.pixels(np.stack([east, np.zeros(len(east))], axis=-1))[:, 0]
        y = self.pixels(np.stack([np.zeros(len(north)), north], axis=-1))[:, 1]
        return step, x, y


def round_length(meters: float) -> float:
    """The largest 1, 2 or 5 times 10^n that is not longer than `meters` (> 0)."""
    power = 10.0 ** math.floor(math.log10(meters))
    return max(factor * power for factor in (1.0, 2.0, 5.0) if factor * power <= meters * (1 + 1e-9))
