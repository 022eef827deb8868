"""Blur: an out-of-focus lens, a moving hand."""

import math

import cv2
import numpy as np

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
