"""Opening a photo file safely: format by content, size before pixels, no stray warnings."""

import io
import stat
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO

from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    ImageFile,
    PngImagePlugin,
    PpmImagePlugin,
    WebPImagePlugin,
)

from placeprint.errors import PhotoError, install_command
from placeprint.photos.jpeg import Jpeg, excess
from placeprint.photos.metadata.exif_tags import MAGICS, pages

MAX_PIXELS = 500_000_000
"""Larger photos are rejected by their header, before any pixel is decoded."""

COPY_AGAIN = "Copy it again from its source, or leave it out."
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_AVIF_BRANDS = (b"avif", b"avis")
_ONE_AT_A_TIME = threading.Lock()

Plugin = Callable[[IO[bytes], str], ImageFile.ImageFile]


def name_of(source: str | Path | bytes) -> str:
    """How messages refer to this photo."""
    return f"photo of {len(source)} bytes" if isinstance(source, bytes) else str(source)


@contextmanager
def open_photo(source: str | Path | bytes) -> Iterator[ImageFile.ImageFile]:
    """A Pillow image whose header is read and whose pixels are not.

    The content decides the format, not the extension: JPEG (MPO: first picture), PNG, WebP, GIF, TIFF (the
    first page that is no reduced copy), BMP, PPM/PGM, HEIC with the extra `heic`, AVIF if Pillow supports it,
    RAW through the picture inside (see `open_raw`). Whatever goes wrong here or in the `with`
    block becomes a `PhotoError` with the reason and how to fix it.
    """
    name = name_of(source)
    try:
        with _stream(source, name) as file:
            plugin = _plugin(file, name)
            file.seek(0)
            with _opened(plugin, file) as image:
                check_pixels(image.size, name)
                yield image
    except PhotoError:
        raise
    except MemoryError as error:
        raise PhotoError(name, "does not fit into memory", "Make it smaller.") from error
    except Exception as error:  # decoders raise nearly anything for damaged files
        raise PhotoError(name, f"is damaged or cut off ({_first_line(error)})", COPY_AGAIN) from error


def decode(image: ImageFile.ImageFile) -> None:
    """Decode the pixels of an opened photo, in place."""
    with quiet() if image.format == "TIFF" else nullcontext():
        image.load()


@contextmanager
def quiet() -> Iterator[None]:
    """No warnings: Pillow's name no file. One thread at a time, because Python's filters are process-wide."""
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def check_pixels(size: tuple[int, int], name: str) -> None:
    """Raises `PhotoError` for more than `MAX_PIXELS` pixels."""
    width, height = size
    if width * height > MAX_PIXELS:
        limit = MAX_PIXELS // 1_000_000
        raise PhotoError(
            name, f"claims {width} x {height} pixels; the limit is {limit} megapixels", "Make it smaller."
        )
    if width < 1 or height < 1:
        raise PhotoError(name, f"claims {width} x {height} pixels", COPY_AGAIN)


def check_file(path: Path) -> None:
    """Raises `PhotoError` for anything that cannot be read as a file: missing, folder, pipe, empty."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        reason = "is a link to a file that does not exist" if path.is_symlink() else "does not exist"
        raise PhotoError(path, reason, "Check the path.") from None
    except (OSError, ValueError) as error:
        raise PhotoError(path, f"cannot be read ({_first_line(error)})", "Check the path.") from None
    if stat.S_ISDIR(status.st_mode):
        raise PhotoError(path, "is a folder, not a photo", "Name a photo inside it.")
    if not stat.S_ISREG(status.st_mode):
        raise PhotoError(path, "is a pipe or a device, not a photo", "Save the photo to a file first.")
    if status.st_size == 0:
        raise PhotoError(path, "is empty (0 bytes)", COPY_AGAIN)


def _stream(source: str | Path | bytes, name: str) -> IO[bytes]:
    if isinstance(source, bytes):
        if not source:
            raise PhotoError(name, "is empty (0 bytes)", COPY_AGAIN)
        return io.BytesIO(source)
    check_file(Path(source))
    try:
        return Path(source).open("rb")
    except PermissionError as error:
        raise PhotoError(
            name, "cannot be read: permission denied", "Give yourself permission to read it."
        ) from error
    except OSError as error:
        raise PhotoError(name, f"cannot be read ({_first_line(error)})", COPY_AGAIN) from error


@contextmanager
def _opened(plugin: Plugin, file: IO[bytes]) -> Iterator[ImageFile.ImageFile]:
    with nullcontext() if plugin is Jpeg else quiet():
        image = plugin(file, "")
    try:
        yield image
    finally:
        image.close()


def _plugin(file: IO[bytes], name: str) -> Plugin:
    """The decoder for a file, by its first bytes."""
    head = file.read(16)
    if head[:3] == b"\xff\xd8\xff":
        if too_much := excess(file):
            raise PhotoError(name, too_much, "Save it again with another program.")
        return Jpeg
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return PngImagePlugin.PngImageFile
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WebPImagePlugin.WebPImageFile
    if head[:4] == b"GIF8":
        return GifImagePlugin.GifImageFile
    if head[:2] == b"BM":
        return BmpImagePlugin.BmpImageFile
    if head[:1] == b"P" and head[1:2] in b"123456" and head[2:3].isspace():
        return PpmImagePlugin.PpmImageFile
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        return _heif(name)
    if head[4:8] == b"ftyp" and head[8:12] in _AVIF_BRANDS:
        return _avif(name)
    if (plugin := _tiff_or_raw(file, head, name)) is not None:
        return plugin
    raise PhotoError(
        name,
        "is not a photo in a format that placeprint reads",
        "Save it as JPEG, PNG, WebP, TIFF, BMP, GIF, PPM or HEIC.",
    )


def _tiff_or_raw(file: IO[bytes], head: bytes, name: str) -> Plugin | None:
    from placeprint.photos.raw import is_raw, open_raw  # loaded for such photos alone
    from placeprint.photos.tiff import open_page, photo_page

    def open_tiff(file: IO[bytes], _: str) -> ImageFile.ImageFile:
        found = pages(file)
        return open_page(file, photo_page(found), found[0] if found else None)

    if is_raw(file, head):
        return lambda file, _: open_raw(file, name)
    return open_tiff if head[:4] in MAGICS else None


def _heif(name: str) -> Plugin:
    try:
        from pillow_heif import HeifImageFile
    except ImportError:
        raise PhotoError(
            name, "is a HEIC photo, which needs an optional package", f"Run: {install_command('heic')}"
        ) from None
    plugin: Plugin = HeifImageFile
    return plugin


def _avif(name: str) -> Plugin:
    from PIL import features

    if not features.check("avif"):
        raise PhotoError(name, "is an AVIF photo, which this Pillow cannot read", "Save it as JPEG.")
    from PIL.AvifImagePlugin import AvifImageFile

    return AvifImageFile


def _first_line(error: BaseException) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return (text or type(error).__name__).splitlines()[0][:200]
