"""Night: a dark photo under a colored sky, street lamps, and a sensor at its limit."""

import cv2
import numpy as np

from placeprint.arrays import Float64, Pixels
from placeprint.training.images.augmentation.photometric import through
from placeprint.training.images.augmentation.sensor import noise

SODIUM = np.array([1.0, 0.78, 0.5])
"""RGB of old street lamps, and of the sky above them."""

BLUE = np.array([0.62, 0.78, 1.0])
"""RGB of dusk and of moonlight."""

_COARSE = 8


def night(image: Pixels, rng: np.random.Generator) -> Pixels:
    """A daytime photo as if taken at night, RGB (h, w, 3).

    Light falls to 20..50 % with a gamma of 1.1..1.8 that swallows shadows, and takes a color between blue and
    sodium orange. Up to three lamps in the upper two thirds light their surroundings and glow. Then noise of
    3..12 gray levels is added.
    """
    height, width = image.shape[:2]
    ambient, gamma, orange = rng.uniform(0.2, 0.5), rng.uniform(1.1, 1.8), rng.random()
    cast = orange * SODIUM + (1.0 - orange) * BLUE
    levels = np.linspace(0.0, 1.0, 256)[:, None] ** gamma
    image = through(image, levels * cast)
    rows, columns = -(-height // _COARSE), -(-width // _COARSE)
    y = (np.arange(rows)[:, None] + 0.5) * _COARSE / height
    x = (np.arange(columns)[None, :] + 0.5) * _COARSE / height
    light = np.full((rows, columns), ambient)
    glow = np.zeros((rows, columns, 3))
    for _ in range(rng.integers(0, 4)):
        at_y, at_x = rng.uniform(0.05, 0.66), rng.uniform(0.0, width / height)
        reach, halo, power = rng.uniform(0.1, 0.3), rng.uniform(0.01, 0.04), rng.uniform(0.3, 0.9)
        squared = (x - at_x) ** 2 + (y - at_y) ** 2
        light += 0.5 * power * np.exp(-squared / (2.0 * reach**2))
        spot = np.exp(-squared / (2.0 * halo**2)) + 0.15 * np.exp(-squared / (2.0 * (4.0 * halo) ** 2))
        glow += power * spot[:, :, None] * SODIUM
    image = np.asarray(cv2.multiply(image, _field(light[:, :, None] * np.ones(3), image), scale=1 / 255))
    image = np.asarray(cv2.add(image, _field(glow, image)))
    return noise(image, rng, rng.uniform(3.0, 12.0))


def _field(values: Float64, image: Pixels) -> Pixels:
    """A coarse field in 0..1 as large as the image."""
    coarse = np.rint(255.0 * np.clip(values, 0.0, 1.0)).astype(np.uint8)
    size = (image.shape[1], image.shape[0])
    return np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR), np.uint8)
