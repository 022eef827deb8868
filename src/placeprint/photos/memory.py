"""How much memory a photo may take to decode, and never two large ones at a time."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from PIL import Image, ImageMode

from placeprint.errors import PhotoError

MOST = 900_000_000
"""Bytes that one photo may take while it is decoded, by estimate."""

LARGE = 40_000_000
"""Pixels from which photos are decoded one at a time."""

_COPIES = {"PNG": 1, "JPEG": 1, "MPO": 1, "BMP": 1, "PPM": 1, "TIFF": 2, "RAW": 2, "GIF": 3, "WEBP": 4}
_OTHERS = 3
"""Pictures of full size that a decoder holds at once: planes of its own, strips, the file's bytes."""

_ONE_LARGE = threading.Lock()
if hasattr(os, "register_at_fork"):  # a child must not wait for a thread that it does not have
    os.register_at_fork(after_in_child=lambda: globals().update(_ONE_LARGE=threading.Lock()))


def bytes_needed(image: Any) -> int:
    """Estimate for decoding: pixels × bytes that Pillow keeps of each (four of RGB) × copies."""
    mode = ImageMode.getmode(image.mode)
    bands = len(mode.bands)
    pixel = 4 if bands > 1 else int(mode.typestr[-1])
    copies = _COPIES.get(image.format or "", _OTHERS)
    if image.format == "BMP" and getattr(image, "tile", None) and image.tile[0].codec_name == "bmp_rle":
        copies += 8  # Pillow expands it byte by byte in Python
    return int(image.width * image.height * pixel * copies)


def progressive_bytes(image: Image.Image) -> int:
    """What libjpeg keeps of a progressive JPEG whatever the scale it is decoded at: two bytes for each of up
    to three coefficients a pixel. To be asked for before the scale is chosen.
    """
    progressive = image.format in ("JPEG", "MPO") and image.info.get("progressive")
    return 2 * len(image.getbands()) * image.width * image.height if progressive else 0


def check_memory(image: Any, name: str, more: int = 0) -> None:
    """Raises `PhotoError` if decoding would take more than `MOST` bytes, `more` included."""
    needed = bytes_needed(image) + more
    if needed > MOST:
        raise PhotoError(
            name,
            f"has {image.width} x {image.height} pixels ({image.mode}, {image.format}), which take about "
            f"{needed / 1e9:.1f} GB to decode; the limit is {MOST / 1e9:.1f} GB",
            "Make it smaller, or save it as JPEG, of which less is decoded.",
        )


@contextmanager
def large_alone(size: tuple[int, int]) -> Iterator[None]:
    """Around decoding: of large photos one at a time in this process, whatever the number of threads."""
    if size[0] * size[1] < LARGE:
        yield
        return
    with _ONE_LARGE:
        yield
