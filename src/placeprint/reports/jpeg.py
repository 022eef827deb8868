"""Small pictures for a report: JPEG without metadata, so that nothing private is included."""

import io
from base64 import b64encode
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from placeprint.arrays import UInt8
from placeprint.reports.context import Picture


@dataclass(frozen=True)
class Jpeg:
    """An encoded picture with its size in pixels; `address`: of the file that it was written to."""

    content: bytes
    width: int
    height: int
    address: str | None = None

    @property
    def uri(self) -> str:
        """Its address, or a `data:` URL for a self-contained page."""
        if self.address is not None:
            return self.address
        return "data:image/jpeg;base64," + b64encode(self.content).decode()


def to_jpeg(picture: Picture, longest: int, quality: int = 76) -> Jpeg | None:
    """Shrink to at most `longest` pixels and encode; None if there is no picture or it is broken."""
    if picture is None:
        return None
    try:
        image = _open(picture).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    image.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, optimize=True, progressive=True)
    return Jpeg(buffer.getvalue(), image.width, image.height)


def fit_jpeg(picture: Picture, longest: int, most: int) -> Jpeg | None:
    """Like `to_jpeg`, of lower quality and then smaller until it has at most `most` bytes, if it can be."""
    size = longest
    found = None
    for quality in (70, 55, 40):
        found = to_jpeg(picture, size, quality)
        if found is None or len(found.content) <= most:
            return found
    while found is not None and len(found.content) > most and size > 64:
        size = size * 4 // 5
        found = to_jpeg(picture, size, 50)
    return found


def _open(picture: bytes | UInt8 | Image.Image) -> Image.Image:
    if isinstance(picture, np.ndarray):
        return Image.fromarray(picture)
    image = Image.open(io.BytesIO(picture)) if isinstance(picture, bytes) else picture
    return ImageOps.exif_transpose(image)
