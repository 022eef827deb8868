"""What lens, sensor and file do to a photo: blur, noise, traces of JPEG compression."""

import math
from functools import lru_cache
from statistics import NormalDist

import cv2
import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float32, Pixels


def gaussian_blur(image: Pixels, rng: np.random.Generator, sigma: float | None = None) -> Pixels:
    """Out of focus by `sigma` pixels (None: drawn from 0.3..2 for a photo of height 480), RGB (h, w, 3)."""
    drawn = rng.uniform(0.3, 2.0) * image.shape[0] / 480.0
    chosen = drawn if sigma is None else sigma
    if chosen <= 0.0:
        return image
    side = 2 * math.ceil(3.0 * chosen) + 1
    return np.asarray(cv2.GaussianBlur(image, (side, side), chosen, borderType=cv2.BORDER_REPLICATE))


def motion_blur(image: Pixels, rng: np.random.Generator, length: float | None = None) -> Pixels:
    """Smeared evenly over `length` pixels (None: drawn from 2..9 for a photo of height 480) in a random
    direction, mostly close to horizontal, RGB (h, w, 3).
    """
    drawn, angle = rng.uniform(2.0, 9.0) * image.shape[0] / 480.0, rng.normal(0.0, math.radians(25.0))
    chosen = drawn if length is None else length
    if chosen <= 1.0:
        return image
    return np.asarray(cv2.filter2D(image, -1, _smear(chosen, angle), borderType=cv2.BORDER_REPLICATE))


def noise(image: Pixels, rng: np.random.Generator, deviation: float | None = None) -> Pixels:
    """Add Gaussian noise, independent for each pixel and channel, of this standard deviation in gray
    levels (None: drawn from 2..12), to RGB (h, w, 3). It is clipped at black and white.
    """
    drawn = rng.uniform(2.0, 12.0)
    bell = _bell(float(np.round(drawn if deviation is None else deviation, 2)))
    random = np.frombuffer(rng.bytes(image.size), np.uint8).reshape(image.shape)
    return np.asarray(cv2.add(image, cv2.LUT(random, bell), dtype=cv2.CV_8U), np.uint8)


def jpeg(image: Pixels, rng: np.random.Generator, quality: int | None = None) -> Pixels:
    """Compress and decode RGB (h, w, 3) at this JPEG quality (None: drawn from 25..90)."""
    drawn = int(rng.integers(25, 91))
    options = [cv2.IMWRITE_JPEG_QUALITY, drawn if quality is None else quality]
    _, content = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
    return np.asarray(cv2.imdecode(content, cv2.IMREAD_COLOR_RGB), np.uint8)


def _smear(length: float, angle: float) -> Float32:
    """The path of a point, distributed over the pixels around each of its steps; the sum is 1."""
    reach = math.ceil(length / 2.0)
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1))
    for step in np.linspace(-(length - 1.0) / 2.0, (length - 1.0) / 2.0, 4 * reach + 1):
        x, y = reach + step * math.cos(angle), reach - step * math.sin(angle)
        left, top = math.floor(x), math.floor(y)
        for dy, dx in ((0, 0), (0, 1), (1, 0), (1, 1)):
            share = (1.0 - abs(x - left - dx)) * (1.0 - abs(y - top - dy))
            if share > 0.0:
                kernel[top + dy, left + dx] += share
    return np.asarray(kernel / kernel.sum(), np.float32)


@lru_cache(maxsize=64)
def _bell(deviation: float) -> NDArray[np.int16]:
    """(1, 256): what a random byte adds: the middles of 256 equally likely parts of the bell."""
    middles = [NormalDist().inv_cdf((i + 0.5) / 256.0) for i in range(256)]
    return np.rint(deviation * np.array([middles])).astype(np.int16)
