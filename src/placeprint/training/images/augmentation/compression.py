"""JPEG compression artifacts."""

import cv2
import numpy as np

from placeprint.arrays import Pixels


def jpeg(image: Pixels, rng: np.random.Generator, quality: int | None = None) -> Pixels:
    """Compress and decode RGB (h, w, 3) at this JPEG quality (None: drawn from 25..90)."""
    drawn = int(rng.integers(25, 91))
    options = [cv2.IMWRITE_JPEG_QUALITY, drawn if quality is None else quality]
    _, content = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
    return np.asarray(cv2.imdecode(content, cv2.IMREAD_COLOR_RGB), np.uint8)
