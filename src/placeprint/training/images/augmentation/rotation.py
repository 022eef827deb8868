"""A camera that is not held level."""

import math

import cv2
import numpy as np

from placeprint.arrays import Pixels


def rotate(image: Pixels, rng: np.random.Generator, most: float = 5.0) -> Pixels:
    """Rotate RGB (h, w, 3) about its center by up to `most` degrees (at most 45) either way, and enlarge it
    just enough that no corner is empty.
    """
    if not 0.0 <= most <= 45.0:
        raise ValueError(f"rotations of up to {most}° are not between 0° and 45°")
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
