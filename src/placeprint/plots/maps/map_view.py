"""Which metres of a local frame a drawing shows, and where each lies in pixels. North is up."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placeprint.geo import LocalFrame

Float = NDArray[np.float64]
LEAST_ACROSS = 30.0  # metres: a closer view would show GPS noise as if it were detail


@dataclass(frozen=True)
class MapView:
    """A window of `width` x `height` pixels centred on `centre` (east, north metres of `frame`)."""

    frame: LocalFrame
    centre: tuple[float, float]
    metres_per_pixel: float
    width: int
    height: int

    @classmethod
    def covering(cls, frame: LocalFrame, metres: Float, width: int, height: int) -> "MapView":
        """The view whose inner 84 % holds all of `metres` (n, 2); never less than 30 m across."""
        low, high = metres.min(axis=0), metres.max(axis=0)
        east, north = np.maximum(high - low, LEAST_ACROSS) / 0.84
        centre = (low + high) / 2.0
        return cls(
            frame, (float(centre[0]), float(centre[1])), max(east / width, north / height), width, height
        )

    def pixels(self, metres: Float) -> Float:
        """(n, 2) x, y of (n, 2) east, north; y grows downwards."""
        east, north = (np.asarray(metres, np.float64).reshape(-1, 2) - self.centre).T / self.metres_per_pixel
        return np.stack([self.width / 2.0 + east, self.height / 2.0 - north], axis=-1)

    def contains(self, pixels: Float, margin: float = 0.0) -> NDArray[np.bool_]:
        """(n,) true where a pixel position lies `margin` or more inside the window."""
        inside = (pixels >= margin) & (pixels <= np.array([self.width, self.height]) - margin)
        return np.asarray(inside.all(axis=-1), np.bool_)

    @property
    def reach(self) -> float:
        """Metres from the frame's origin to the farthest corner of the window."""
        half = np.array([self.width, self.height]) * self.metres_per_pixel / 2.0
        return float(np.hypot(*(half + np.abs(self.centre))))

    def grid(self) -> tuple[float, Float, Float]:
        """(step, x of vertical lines, y of horizontal lines): lines every 1, 2 or 5 times 10^n metres."""
        step = round_length(self.metres_per_pixel * 80.0)
        half = np.array([self.width, self.height]) * self.metres_per_pixel / 2.0
        low = np.ceil((np.array(self.centre) - half) / step).astype(int)
        high = np.floor((np.array(self.centre) + half) / step).astype(int)
        east, north = (np.arange(low[i], high[i] + 1) * step for i in (0, 1))
        x = self.pixels(np.stack([east, np.zeros(len(east))], axis=-1))[:, 0]
        y = self.pixels(np.stack([np.zeros(len(north)), north], axis=-1))[:, 1]
        return step, x, y


def round_length(metres: float) -> float:
    """The largest 1, 2 or 5 times 10^n that is not longer than `metres` (> 0)."""
    power = 10.0 ** math.floor(math.log10(metres))
    return max(factor * power for factor in (1.0, 2.0, 5.0) if factor * power <= metres * (1 + 1e-9))
