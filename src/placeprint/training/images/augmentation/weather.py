"""Weather: fog, rain and snow between the camera and the place."""

import math

import cv2
import numpy as np

from placeprint.arrays import Float64, Int32, Pixels


def fog(image: Pixels, rng: np.random.Generator, density: float | None = None) -> Pixels:
    """Fog that thickens with distance, RGB (h, w, 3).

    Koschmieder's law (1924): I = J t + A (1 - t), t = exp(-density · d), with air light A of gray 190..235.
    Distance is guessed from the row, for an upright camera in a street: at the horizon, between 0.4 and 0.55
    of the height, d = 1; on the ground, y heights below it, d = 0.15 / (0.15 + y); above it facades come
    nearer, down to d = 2/3 at the top. `density`: that at the horizon; None: drawn from 0.3..2.
    """
    drawn, horizon, air = rng.uniform(0.3, 2.0), rng.uniform(0.4, 0.55), rng.uniform(190.0, 235.0)
    height, width = image.shape[:2]
    row = (np.arange(height) + 0.5) / height
    distance = np.where(
        row > horizon,
        0.15 / (0.15 + np.maximum(row - horizon, 0.0)),
        1.0 - np.maximum(horizon - row, 0.0) / 3.0 / horizon,
    )
    clear = np.exp(-(drawn if density is None else density) * distance)[:, None, None]
    through = np.broadcast_to(np.rint(255.0 * clear), (height, 1, 3)).astype(np.uint8)
    veil = np.broadcast_to(np.rint(air * (1.0 - clear)), (height, 1, 3)).astype(np.uint8)
    seen = cv2.multiply(image, _wide(through, width), scale=1 / 255)
    return np.asarray(cv2.add(seen, _wide(veil, width)), np.uint8)


def rain(image: Pixels, rng: np.random.Generator) -> Pixels:
    """Bright streaks with a common slant (up to 20°), 150 to 500 of them, and a thin veil, RGB (h, w, 3)."""
    height, width = image.shape[:2]
    slant, count = math.radians(rng.uniform(-20.0, 20.0)), int(rng.integers(150, 501))
    start = rng.random((count, 2)) * [1.2 * width, 1.2 * height] - [0.1 * width, 0.2 * height]
    length = height * rng.uniform(0.02, 0.07, (count, 1))
    ends = np.stack([start, start + length * [math.sin(slant), math.cos(slant)]], axis=1)
    drops = np.zeros((height, width), np.uint8)
    thick = max(1, round(height / 480))
    cv2.polylines(drops, list(_sixteenths(ends)), False, 255, thick, cv2.LINE_AA, shift=4)
    drops = np.asarray(cv2.blur(drops, (3, 3)))
    veil = fog(image, rng, rng.uniform(0.1, 0.4))
    return _over(veil, drops, 230, rng.uniform(0.25, 0.6))


def snow(image: Pixels, rng: np.random.Generator) -> Pixels:
    """Falling flakes in three sizes, 300 to 900 of them, slightly out of focus, and a veil, RGB (h, w, 3)."""
    height, width = image.shape[:2]
    count = int(rng.integers(300, 901))
    at = rng.random((count, 2)) * [width, height]
    drift = rng.normal([0.0, 0.004 * height], 0.002 * height)
    flakes = np.zeros((height, width), np.uint8)
    ends = _sixteenths(np.stack([at, at + drift], axis=1))
    unit = height / 480.0
    for part, diameter in ((ends[::2], 1.0), (ends[1::4], 3.0), (ends[3::4], 5.0)):
        thick = max(1, round(diameter * unit))
        cv2.polylines(flakes, list(part), False, 255, thick, cv2.LINE_AA, shift=4)
    flakes = np.asarray(cv2.blur(flakes, (3, 3)))
    veil = fog(image, rng, rng.uniform(0.2, 0.7))
    return _over(veil, flakes, 245, rng.uniform(0.6, 0.95))


def _wide(column: Pixels, width: int) -> Pixels:
    return np.asarray(cv2.repeat(column, 1, width), np.uint8)


def _sixteenths(ends: Float64) -> Int32:
    return np.rint(16.0 * ends).astype(np.int32)


def _over(image: Pixels, mask: Pixels, gray: int, opacity: float) -> Pixels:
    """Lay a gray over the image where the mask (h, w) is: image + opacity · mask · (gray - image)."""
    cover = cv2.merge([cv2.convertScaleAbs(mask, alpha=opacity)] * 3)
    kept = cv2.multiply(image, cv2.bitwise_not(cover), scale=1 / 255)
    return np.asarray(cv2.add(kept, cv2.convertScaleAbs(cover, alpha=gray / 255)), np.uint8)
