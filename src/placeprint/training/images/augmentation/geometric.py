"""The camera elsewhere by a little: a part of the photo at the photo's size, or not held level."""

import math

import cv2
import numpy as np

from placeprint.arrays import Pixels
from placeprint.photos.resize import scaled


def resized_crop(
    image: Pixels,
    rng: np.random.Generator,
    area: tuple[float, float] = (0.5, 1.0),
    stretch: float = 4.0 / 3.0,
) -> Pixels:
    """Cut out a random rectangle of RGB (h, w, 3) and scale it to the same size.

    Its share of the area is uniform in `area`; its aspect ratio, up to `stretch` times wider or narrower than
    the photo's, is uniform in the logarithm (Szegedy et al. 2015, section 6, has 0.08..1 and 4/3; a place
    needs more of the photo than an object). A rectangle that is too long for the photo is shortened.
    """
    height, width = image.shape[:2]
    share = rng.uniform(*area)
    ratio = math.exp(rng.uniform(-1.0, 1.0) * math.log(stretch))
    wide = min(width, max(1, round(width * math.sqrt(share * ratio))))
    high = min(height, max(1, round(height * math.sqrt(share / ratio))))
    left, top = int(rng.integers(0, width - wide + 1)), int(rng.integers(0, height - high + 1))
    return scaled(image[top : top + high, left : left + wide], (width, height))


def rotate(image: Pixels, rng: np.random.Generator, most: float = 5.0) -> Pixels:
    """Turn RGB (h, w, 3) about its middle by up to `most` degrees (at most 45) either way, and enlarge it
    just so much that no corner is empty.
    """
    if not 0.0 <= most <= 45.0:
        raise ValueError(f"a rotation of up to {most}°")
    height, width = image.shape[:2]
    angle = rng.uniform(-most, most)
    turn = math.radians(abs(angle))
    aspect = max(width / height, height / width)
    scale = math.cos(turn) + math.sin(turn) * aspect
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2.0, (height - 1) / 2.0), angle, scale)
    return np.asarray(
        cv2.warpAffine(
            image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
    )
