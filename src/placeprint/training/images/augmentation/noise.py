"""Sensor noise."""

from functools import lru_cache
from statistics import NormalDist

import cv2
import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Pixels


def noise(image: Pixels, rng: np.random.Generator, deviation: float | None = None) -> Pixels:
    """Add Gaussian noise, independent for each pixel and channel, with this standard deviation in gray levels
    (None: drawn from 2..12), to RGB (h, w, 3). Clipped at black and white.
    """
    drawn = rng.uniform(2.0, 12.0)
    bell = _bell(float(np.round(drawn if deviation is None else deviation, 2)))
    random = np.frombuffer(rng.bytes(image.size), np.uint8).reshape(image.shape)
    return np.asarray(cv2.add(image, cv2.LUT(random, bell), dtype=cv2.CV_8U), np.uint8)


@lru_cache(maxsize=64)
def _bell(deviation: float) -> NDArray[np.int16]:
    """(1, 256): what a random byte adds: midpoints of 256 equally likely parts of the normal distribution."""
    middles = [NormalDist().inv_cdf((i + 0.5) / 256.0) for i in range(256)]
    return np.rint(deviation * np.array([middles])).astype(np.int16)
