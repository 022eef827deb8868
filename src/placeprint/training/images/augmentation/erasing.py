"""Something in front of the place."""

import math

import numpy as np

from placeprint.arrays import Pixels


def erase(image: Pixels, rng: np.random.Generator, area: tuple[float, float] = (0.02, 0.33)) -> Pixels:
    """Fill a random rectangle with random pixels, RGB (h, w, 3).

    Zhong et al. 2020, "Random Erasing Data Augmentation", algorithm 1: its share of the photo is uniform in
    `area` (theirs: 0.02..0.33), its aspect ratio is in 0.3..3.3; here the latter is uniform in the logarithm,
    and a rectangle that is too long is shortened instead of drawn again.
    """
    height, width = image.shape[:2]
    share, ratio = rng.uniform(*area), math.exp(rng.uniform(math.log(0.3), math.log(3.3)))
    wide = min(width, max(1, round(math.sqrt(height * width * share * ratio))))
    high = min(height, max(1, round(math.sqrt(height * width * share / ratio))))
    left, top = int(rng.integers(0, width - wide + 1)), int(rng.integers(0, height - high + 1))
    filled = image.copy()
    random = np.frombuffer(rng.bytes(3 * high * wide), np.uint8)
    filled[top : top + high, left : left + wide] = random.reshape(high, wide, 3)
    return filled
