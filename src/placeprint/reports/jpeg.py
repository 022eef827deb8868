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
    """An encoded picture with its size in pixels."""

    content: bytes
    width: int
    height: int

    @property
    def uri(self) -> str:
        """As a `data:` URL, for a self-contained page."""
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


def _open(picture: bytes | UInt8 | Image.Image) -> Image.Image:
    if isinstance(picture, np.ndarray):
        return Image.fromarray(picture)
    image = Image.open(io.BytesIO(picture)) if isinstance(picture, bytes) else picture
    return ImageOps.exif_transpose(image)
