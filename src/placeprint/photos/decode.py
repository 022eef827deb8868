"""From a photo file to the working image: upright RGB of limited size."""

from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps

from placeprint.arrays import Pixels, UInt8
from placeprint.errors import PhotoError
from placeprint.photos.memory import check_memory, large_alone, progressive_bytes
from placeprint.photos.metadata.containers.blocks import Blocks
from placeprint.photos.metadata.containers.reading import read_blocks
from placeprint.photos.metadata.exif_tags import ORIENTATION
from placeprint.photos.opening import check_pixels, decode, name_of, open_photo
from placeprint.photos.resize import scaled, shrink, target_size

IN_STRIPS = 16_000_000
"""Pixels above which a picture is converted in strips."""

STRIP = 4_000_000
"""Pixels of a strip."""

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


PhotoSource = str | Path | bytes | UInt8 | Image.Image | IO[bytes]
"""A photo in any form: a file's path, its bytes, an open file, a PIL image, an array."""


def path_of(source: PhotoSource) -> str | None:
    """The file a photo comes from, if known."""
    if isinstance(source, str | Path):
        return str(source)
    name = getattr(source, "name", None) or getattr(source, "filename", None)
    return str(name) if isinstance(name, str | Path) and str(name) else None


def load(source: PhotoSource, longest: int = 1024) -> Pixels:
    """Decode a photo to RGB (height, width, 3) uint8, upright, with its longest side at most `longest`.

    A smaller photo keeps its size. JPEGs are decoded at the smallest of 1/1, 1/2, 1/4, 1/8 that is still at
    least `longest` long (libjpeg's DCT scaling), then pixels are averaged over areas, so the same file always
    gives the same pixels. RAW photos are read through the picture that the
    camera put into them. EXIF orientations 1 to 8 are applied; of an animation the first frame is used;
    transparency is composited on white; 16-bit gray is scaled to 8 bits; CMYK (including Adobe's inverted
    one) and palettes become RGB; color profiles are not applied.

    An open file is read to its end. A PIL image is used as it is, turned upright by its EXIF. An array is
    checked (uint8, (h, w, 3) or gray (h, w)) and only shrunk; if it is small enough, it is not copied.
    Thread-safe. Raises `PhotoError` with the reason and how to fix it.
    """
    if longest < 1:
        raise ValueError(f"longest side {longest} is not positive")
    if isinstance(source, np.ndarray):
        return shrink(_checked(source), longest)
    if isinstance(source, Image.Image):
        upright = ImageOps.exif_transpose(source)
        check_pixels(upright.size, path_of(source) or "PIL image")
        return _shrunk(upright, longest)
    if not isinstance(source, str | Path | bytes):
        source = source.read()
    with open_photo(source) as image:
        turn = _TURNS.get(orientation(image))
        full = image.size
        coefficients = progressive_bytes(image)
        scale = draft_scale(max(full), longest)
        if scale > 1:
            image.draft(None, (max(image.width // scale, 1), max(image.height // scale, 1)))
        check_memory(image, name_of(source), coefficients)
        with large_alone(full):
            decode(image)
            if image.mode == "F":
                raise PhotoError(
                    name_of(source), "has floating-point pixels", "Save it with 8 or 16 bits per channel."
                )
            size = target_size(full, f"longest:{longest}") if scale > 1 and image.format == "JPEG" else None
            pixels = _shrunk(image, longest, size)
    if turn is None:
        return pixels
    return np.array(Image.fromarray(pixels).transpose(turn))


def orientation(image: ImageFile.ImageFile, blocks: Blocks | None = None) -> int:
    """EXIF orientation 1..8 still to be applied to the decoded pixels (1: none); `blocks` if already read."""
    if image.format in ("TIFF", "RAW"):
        return int(getattr(image, "turn", 1))  # Pillow rotates TIFF itself, as LibRaw does
    # HEIC too is rotated by pillow-heif, which also removes the tag
    tags = (tags.photo.get(ORIENTATION) for tags in (blocks or read_blocks(image)).exif)
    value = next((value for value in tags if value is not None), None)
    first = value[0] if isinstance(value, tuple) and value else value
    return first if isinstance(first, int) and 1 <= first <= 8 else 1


def draft_scale(longest_side: int, longest: int) -> int:
    """The largest JPEG reduction (8, 4, 2, 1) that keeps at least `longest` pixels."""
    return next(scale for scale in (8, 4, 2, 1) if longest_side >= scale * longest or scale == 1)


def _shrunk(image: Image.Image, longest: int, size: tuple[int, int] | None = None) -> Pixels:
    """RGB of `size`, or with its longest side at most `longest`.

    Conversion needs up to twelve bytes a pixel: a large picture is converted in strips, each of which is at
    once averaged to the final width, so that it is never there twice.
    """
    width, height = image.size
    if size is None:
        larger = max(width, height) > longest
        size = target_size((width, height), f"longest:{longest}") if larger else (width, height)
    if width * height <= IN_STRIPS:
        return scaled(_rgb(image), size)
    peak = max(65535.0, float(image.getextrema()[1])) if image.mode == "I" else 65535.0  # type: ignore[arg-type]
    rows = max(1, STRIP // width)
    strips = []
    for top in range(0, height, rows):
        strip = _rgb(image.crop((0, top, width, min(top + rows, height))), peak)
        strips.append(scaled(strip, (size[0], strip.shape[0])))
    return scaled(np.concatenate(strips), size)


def _rgb(image: Image.Image, peak: float | None = None) -> Pixels:
    if image.mode.startswith("I"):
        return _eight_bit(np.asarray(image), peak)
    if image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")
    elif image.mode in ("La", "LA", "PA", "RGBa"):
        image = image.convert("LA" if image.mode == "La" else "RGBA").convert("RGBA")
    if image.mode == "RGBA":
        white = Image.new("RGBA", image.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, image)
    elif image.mode != "RGB":
        image.info.pop("transparency", None)  # a single transparent color: never meant in photos
    return np.array(image if image.mode == "RGB" else image.convert("RGB"))


def _eight_bit(values: NDArray[np.integer], peak: float | None = None) -> Pixels:
    """Gray of 16 bits, or of 32 bits scaled by its own maximum (`peak` if known), as three equal channels."""
    levels = np.clip(values.astype(np.float64), 0.0, None)
    peak = peak if peak is not None else max(65535.0, float(levels.max()))
    gray = np.rint(levels * (255.0 / peak)).astype(np.uint8)
    return np.repeat(gray[:, :, None], 3, axis=2)


def _checked(image: UInt8) -> Pixels:
    name = f"array of shape {image.shape} and type {image.dtype}"
    if image.dtype != np.uint8:
        raise PhotoError(name, "is not uint8", "Scale it to 0..255 and convert it to uint8.")
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[:, :, 0]
    if image.ndim == 2:
        image = np.repeat(image[:, :, None], 3, axis=2)
    if image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise PhotoError(name, "is not a photo", "Give RGB (height, width, 3) or gray (height, width).")
    return image
