"""RAW photos, read through the finished picture that cameras put into them.

Formats of TIFF's structure (DNG, NEF, ARW, CR2, PEF, ORF, RW2, ...), Canon's CR3 and CRW, Fujifilm's RAF,
Minolta's MRW, Sigma's X3F. The largest JPEG inside (or finished TIFF page) stands for the photo. Only where
there is none of a useful size are the sensor's values developed, by LibRaw, with the extra `raw`: what
describes a photo does not depend on what is installed.
"""

import io
import mmap
from collections.abc import Iterator
from typing import IO, Any, cast

from PIL import Image, ImageFile

from placeprint.errors import PhotoError, install_command
from placeprint.photos.jpeg import Jpeg, jpeg_size
from placeprint.photos.metadata.exif_tags import (
    COMPRESSION,
    HEIGHT,
    JPEG_OFFSET,
    MAGICS,
    PHOTOMETRIC,
    STRIPS,
    WIDTH,
    Page,
    pages,
)
from placeprint.photos.tiff import finished, open_page

_NAMES = (
    *(
        "3fr",
        "arw",
        "cr2",
        "cr3",
        "crw",
        "dcr",
        "dng",
        "erf",
        "fff",
        "iiq",
        "k25",
        "kdc",
        "mef",
        "mos",
        "mrw",
    ),
    *("nef", "nrw", "orf", "pef", "raf", "raw", "rw2", "rwl", "sr2", "srf", "srw", "x3f"),
)
RAW_EXTENSIONS = frozenset(f".{name}" for name in _NAMES)
"""Of camera files that are opened; the content decides how."""

LEAST_SIDE = 480
"""Pixels that the longer side of a preview needs, or it does not stand for the photo."""

_ENOUGH = 1024
_MOST_HITS = 2000
_SENSOR = {32803, 34892}  # color filter array, linear raw
_OTHERS = (b"FUJIFILMCCD-RAW ", b"\0MRM", b"FOVb", b"II\x1a\0\0\0HEAPCCDR")

Found = tuple[int, int, int]
"""Width, height and offset of a JPEG."""


def is_raw(file: IO[bytes], head: bytes) -> bool:
    """Whether a file that starts with `head` (16 bytes) holds a sensor's values rather than a picture."""
    if head[4:12] == b"ftypcrx " or head.startswith(_OTHERS):
        return True
    if head[:4] not in MAGICS:
        return False
    if head[8:10] == b"CR" or head[2:4] not in (b"*\0", b"\0*", b"+\0", b"\0+"):
        return True
    found = pages(file)
    return any(page.number(PHOTOMETRIC) in _SENSOR for page in found)


def open_raw(file: IO[bytes], name: str) -> ImageFile.ImageFile:
    """The picture inside a RAW photo, undecoded, with the file as its `container`.

    Raises `PhotoError` if there is none of at least `LEAST_SIDE` pixels and no LibRaw to make one.
    """
    file.seek(0)
    head = file.read(16)
    found = pages(file) if head[:4] in MAGICS else []
    best = _largest_jpeg(file, head, found)
    page = max((p for p in found if finished(p) and not _compressed(p)), key=_area, default=None)
    if page is not None and _longest(page) >= LEAST_SIDE and _area(page) > (best[0] * best[1] if best else 0):
        return open_page(file, page, found[0])
    if best is not None and max(best[:2]) >= LEAST_SIDE:
        image = Jpeg(cast(IO[bytes], _Window(file, best[2])), "")
        image.container = file
        return image
    return _developed(file, name, best)


def _developed(file: IO[bytes], name: str, best: Found | None) -> ImageFile.ImageFile:
    inside = "no preview" if best is None else f"only a preview of {best[0]} x {best[1]} pixels"
    try:
        import rawpy
    except ImportError:
        raise PhotoError(
            name,
            f"is a RAW photo with {inside} inside, so that it must be developed",
            f"Run: {install_command('raw')}, or save it as JPEG.",
        ) from None
    file.seek(0)
    try:
        return Developed(file, "")
    except rawpy.LibRawError as error:
        said = error.args[0] if error.args else ""
        why = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        raise PhotoError(
            name, f"is a RAW photo with {inside} inside, and LibRaw says: {why}", "Save it as JPEG."
        ) from error


class Developed(ImageFile.ImageFile):
    """A RAW photo developed by LibRaw at half the sensor's size, upright."""

    format = "RAW"
    container: IO[bytes]
    turn = 1

    def _open(self) -> None:
        import rawpy

        assert self.fp is not None
        self.container = self.fp
        self._raw = rawpy.imread(io.BytesIO(self.fp.read()))
        size = self._raw.sizes
        turned = size.flip in (5, 6)
        self._size = (size.height, size.width) if turned else (size.width, size.height)
        self._mode = "RGB"

    def load(self) -> Any:
        """Develop the pixels."""
        if self._im is None:
            pixels = self._raw.postprocess(half_size=True, use_camera_wb=True, output_bps=8)
            self._size = (pixels.shape[1], pixels.shape[0])
            self.im = Image.fromarray(pixels).im
        return Image.Image.load(self)

    def close(self) -> None:
        """Give the memory back."""
        self._raw.close()
        super().close()


class _Window:
    """A file that begins at an offset of another."""

    def __init__(self, file: IO[bytes], start: int) -> None:
        self._file, self._start = file, start
        file.seek(start)

    def read(self, size: int = -1) -> bytes:
        """As of any file."""
        return self._file.read(size)

    def tell(self) -> int:
        """As of any file."""
        return self._file.tell() - self._start

    def seek(self, offset: int, whence: int = 0) -> int:
        """As of any file."""
        at = self._file.seek(offset + self._start, 0) if whence == 0 else self._file.seek(offset, whence)
        return at - self._start

    def close(self) -> None:
        """The outer file stays open."""


def _largest_jpeg(file: IO[bytes], head: bytes, found: list[Page]) -> Found | None:
    """Where the format says that JPEGs are; where that gives no large one, anywhere in the file."""
    offsets = [offset for page in found for offset in _offsets(page)]
    if head.startswith(b"FUJIFILM"):
        file.seek(84)
        offsets.append(int.from_bytes(file.read(4), "big"))
    best = _largest(file, offsets)
    if best is not None and max(best[:2]) >= _ENOUGH:
        return best
    scanned = _largest(file, _starts(file))
    return max((one for one in (best, scanned) if one is not None), key=lambda f: f[0] * f[1], default=None)


def _largest(file: IO[bytes], offsets: list[int]) -> Found | None:
    sizes = ((jpeg_size(file, offset), offset) for offset in offsets)
    real = [(size[0], size[1], offset) for size, offset in sizes if size is not None]
    return max(real, key=lambda f: f[0] * f[1], default=None)


def _offsets(page: Page) -> Iterator[int]:
    jpeg, strip = page.number(JPEG_OFFSET), page.number(STRIPS)
    if jpeg:
        yield jpeg
    if strip and _compressed(page):
        yield strip


def _compressed(page: Page) -> bool:
    return page.number(COMPRESSION) in (6, 7)


def _starts(file: IO[bytes]) -> list[int]:
    """Where a JPEG may start, anywhere in the file."""
    found: list[int] = []
    with _bytes_of(file) as content:
        at = content.find(b"\xff\xd8\xff")
        while at >= 0 and len(found) < _MOST_HITS:
            found.append(at)
            at = content.find(b"\xff\xd8\xff", at + 3)
    return found


class _Bytes(bytes):
    def __enter__(self) -> "_Bytes":
        return self

    def __exit__(self, *error: object) -> None:
        """Nothing to close."""


def _bytes_of(file: IO[bytes]) -> "mmap.mmap | _Bytes":
    if isinstance(file, io.BytesIO):
        return _Bytes(file.getvalue())
    return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _area(page: Page) -> int:
    return (page.number(WIDTH) or 0) * (page.number(HEIGHT) or 0)


def _longest(page: Page) -> int:
    return max(page.number(WIDTH) or 0, page.number(HEIGHT) or 0)
