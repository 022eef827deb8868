"""TIFF files with several pictures: which one is the photo."""

import struct
from contextlib import suppress
from ctypes import CDLL, c_void_p
from ctypes.util import find_library
from functools import cache
from pathlib import Path
from typing import IO, Any

from PIL import Image, TiffImagePlugin

from placeprint.photos.metadata.exif_tags import ORIENTATION, PHOTOMETRIC, SUBFILE, Page

_REDUCED, _MASK = 1, 4
_PICTURES = {0, 1, 2, 3, 5, 6, 8}
"""Photometric interpretations of finished pictures: gray, RGB, palette, CMYK, YCbCr, Lab. The pixels behind a
color filter array and linear raw ones are not.
"""


def photo_page(found: list[Page]) -> Page | None:
    """The first finished picture that is not marked as a reduced copy or a mask of another (NewSubfileType,
    TIFF 6.0 section 8), in the chain of directories or below one of them; None if there is none.
    """
    copies = _REDUCED | _MASK
    return next((page for page in found if not (page.number(SUBFILE) or 0) & copies and finished(page)), None)


def finished(page: Page) -> bool:
    """Whether a page holds pixels that need no development."""
    kind = page.number(PHOTOMETRIC)
    return kind is None or kind in _PICTURES


class Tiff(TiffImagePlugin.TiffImageFile):
    """A page of a TIFF file. `container` is the file with all its pages; `turn` the orientation still to be
    applied: the first page's, where a later one has none of its own (Pillow applies a page's own).
    """

    container: IO[bytes]
    turn: int = 1


def open_page(file: IO[bytes], page: Page | None, first: Page | None) -> Tiff:
    """A page as an image; None for the first one."""
    silence()
    file.seek(0)
    if page is None or first is None or page.offset == first.offset:
        image = Tiff(file, "")
    else:
        image = Tiff(_From(file, page.offset), "")
        if ORIENTATION not in page.tags:
            image.turn = first.number(ORIENTATION) or 1
    image.container = file
    return image


@cache
def silence() -> None:
    """No messages of libtiff on the terminal: what matters comes as an error of Pillow's, with a name.

    Its handlers are of the whole process. Where the library is not found (it may be a part of Pillow itself),
    its messages stay.
    """
    folder = Path(Image.__file__).parent
    inside = [*folder.parent.glob("[pP]illow.libs/libtiff*"), *folder.glob(".dylibs/libtiff*")]
    system = [] if inside else filter(None, [find_library("tiff")])
    for path in map(str, [*inside, *system]):
        with suppress(OSError, AttributeError):
            library = CDLL(path)
            for name in ("Warning", "Error"):
                for kind in ("", "Ext"):
                    handler = getattr(library, f"TIFFSet{name}Handler{kind}")
                    handler.restype, handler.argtypes = c_void_p, [c_void_p]
                    handler(None)


class _From:
    """A TIFF file whose header points to another directory; everything else is the file's own."""

    def __init__(self, file: IO[bytes], offset: int) -> None:
        self._file = file
        file.seek(0)
        head = file.read(16)
        order = "<" if head[:2] == b"II" else ">"
        if b"+" in head[2:4]:
            self._head = head[:8] + struct.pack(order + "Q", offset)
        else:
            self._head = head[:4] + struct.pack(order + "I", offset)
        file.seek(0)

    def read(self, size: int = -1) -> bytes:
        """As of any file."""
        at = self._file.tell()
        data = self._file.read(size)
        return self._head[at : at + len(data)] + data[max(len(self._head) - at, 0) :] if at < 16 else data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
