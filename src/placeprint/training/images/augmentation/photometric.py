"""Light and image processing: brightness, contrast, gamma, white balance, saturation, hue."""

import math

import cv2
import numpy as np

from placeprint.arrays import Float64, Pixels

LUMA = np.array([0.299, 0.587, 0.114])
"""Weights of red, green and blue in brightness (ITU-R BT.601)."""

_TO_YIQ = np.array([LUMA, [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])


def photometric(image: Pixels, rng: np.random.Generator, strength: float = 1.0) -> Pixels:
    """Change light and colors at random, RGB (h, w, 3).

    Factors, each uniform in its logarithm: brightness and contrast 0.6..1.67 (contrast around the photo's
    mean), gamma 0.7..1.43, white balance 0.85..1.18 for each channel, saturation 0.5..2; hue is rotated by up
    to 18°. `strength` scales the logarithms and the angle: 0 changes nothing. Gray photos stay gray except
    for the white balance.
    """
    low = np.log([0.6, 0.6, 0.7, 0.85, 0.85, 0.85, 0.5])
    factors = np.exp(strength * low * rng.uniform(-1.0, 1.0, 7))
    turn = strength * math.radians(18.0) * rng.uniform(-1.0, 1.0)
    brightness, contrast, gamma, saturation = factors[[0, 1, 2, 6]]
    mean = float(LUMA @ cv2.mean(image)[:3]) / 255.0
    levels = np.linspace(0.0, 1.0, 256)[:, None] * np.ones(3)
    levels = np.clip((levels - mean) * contrast + mean, 0.0, 1.0) ** gamma
    image = through(image, levels * brightness * factors[3:6])
    if strength == 0.0:
        return image
    return np.asarray(cv2.transform(image, color_matrix(saturation, turn)), np.uint8)


def through(image: Pixels, levels: Float64) -> Pixels:
    """Every channel through its tone curve: `levels` (256, 3) in 0..1, clipped."""
    table = np.rint(np.clip(levels, 0.0, 1.0) * 255.0).astype(np.uint8)
    return np.asarray(cv2.LUT(np.ascontiguousarray(image), table[:, None, :]), np.uint8)


def color_matrix(saturation: float, hue: float) -> Float64:
    """(3, 3) on RGB that keeps brightness, scales the distance from gray, and rotates hue by an angle in
    radians.

    In YIQ, the plane of I and Q is scaled and rotated.
    """
    a, b = saturation * math.cos(hue), saturation * math.sin(hue)
    chroma = np.array([[1.0, 0.0, 0.0], [0.0, a, -b], [0.0, b, a]])
    return np.asarray(np.linalg.inv(_TO_YIQ) @ chroma @ _TO_YIQ)
