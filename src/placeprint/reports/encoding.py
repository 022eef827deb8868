"""Small pictures for a report: JPEG or WebP without metadata, so that nothing private is included."""

import io
from base64 import b64encode
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from placeprint.reports.context import Picture


@dataclass(frozen=True)
class Encoded:
    """An encoded picture with its size in pixels; `address`: of the file that it was written to."""

    content: bytes
    width: int
    height: int
    format: str = "jpeg"
    address: str | None = None

    @property
    def uri(self) -> str:
        """Its address, or a `data:` URL for a self-contained page."""
        if self.address is not None:
            return self.address
        return f"data:image/{self.format};base64," + b64encode(self.content).decode()


def to_jpeg(picture: Picture, longest: int, quality: int = 76) -> Encoded | None:
    """Shrink to at most `longest` pixels and encode; None if there is no picture or it is broken."""
    image = _image(picture)
    return None if image is None else _encoded(image, longest, "jpeg", quality)


def fit_webp(picture: Picture, longest: int, most: int) -> Encoded | None:
    """WebP of lower quality and then smaller, until it has at most `most` bytes; None like `to_jpeg`.

    At a few kilobytes WebP shows more than JPEG.
    """
    image = _image(picture)
    if image is None:
        return None
    for quality in (70, 50, 35):
        found = _encoded(image, longest, "webp", quality)
        if len(found.content) <= most:
            return found
    while len(found.content) > most and longest > 64:
        longest = longest * 4 // 5
        found = _encoded(image, longest, "webp", 40)
    return found


def _encoded(image: Image.Image, longest: int, format: str, quality: int) -> Encoded:
    shrunk = image.copy()
    shrunk.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    more = {"optimize": True, "progressive": True} if format == "jpeg" else {"method": 2}
    shrunk.save(buffer, format, quality=quality, **more)
    return Encoded(buffer.getvalue(), shrunk.width, shrunk.height, format)


def _image(picture: Picture) -> Image.Image | None:
    if picture is None:
        return None
    try:
        if isinstance(picture, np.ndarray):
            return Image.fromarray(picture).convert("RGB")
        image = Image.open(io.BytesIO(picture)) if isinstance(picture, bytes) else picture
        return ImageOps.exif_transpose(image).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
