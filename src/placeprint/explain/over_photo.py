"""Resizing a map over positions to the size of the photo."""

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float32

SMOOTHING = 1.0
"""Standard deviation in positions. A position sees far more than the pixels nearest to it."""


def over_photo(
    positions: NDArray[np.floating], size: tuple[int, int], smoothing: float = SMOOTHING
) -> Float32:
    """(rows, columns) as float32 (height, width): a Gaussian, then bilinear between the centers of positions.

    Mirrored at the borders, so the Gaussian preserves the sum. The unit stays that of one position.
    """
    import cv2

    smooth = np.asarray(positions, np.float32)
    if smoothing > 0:
        blurred = cv2.GaussianBlur(smooth, (0, 0), smoothing, borderType=cv2.BORDER_REFLECT)
        smooth = np.asarray(blurred, np.float32)
    height, width = size
    return np.asarray(cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
