"""JPEG files: opened without surprises, measured without being opened."""

from typing import IO

from PIL import JpegImagePlugin

_FRAMES = {0xC0, 0xC1, 0xC2}
"""Frame headers that any decoder reads: baseline, extended, progressive; lossless ones hold raw pixels."""

_MOST_SEGMENTS = 20_000
_MOST_METADATA = 64 << 20
_MOST_EXIF = 4 << 20


class Jpeg(JpegImagePlugin.JpegImageFile):
    """A JPEG (or the first picture of an MPO) whose print resolution is not read.

    `container`: the RAW file whose preview it is.
    """

    container: IO[bytes] | None = None

    def _read_dpi_from_exif(self) -> None:
        """Not read: Pillow would parse EXIF for it every time, and warn about damaged EXIF."""


def excess(file: IO[bytes]) -> str | None:
    """Why the header of a JPEG is beyond all bounds, as a phrase; None if it is not.

    Pillow keeps all segments and joins those of EXIF, which takes minutes if somebody writes a million.
    """
    exif = 0
    at = 2
    for _ in range(_MOST_SEGMENTS):
        file.seek(at)
        head = file.read(10)
        if len(head) < 4 or head[0] != 0xFF or head[1] == 0xDA:
            return None
        if head[1] in (0xFF, 0x01) or 0xD0 <= head[1] <= 0xD9:
            at += 1 if head[1] == 0xFF else 2
            continue
        size = int.from_bytes(head[2:4], "big")
        exif += size if head[1] == 0xE1 and head[4:] == b"Exif\0\0" else 0
        at += 2 + size
        if exif > _MOST_EXIF or at > _MOST_METADATA:
            return (
                f"has more than {(_MOST_EXIF if exif > _MOST_EXIF else _MOST_METADATA) >> 20} MB of metadata"
            )
    return f"has more than {_MOST_SEGMENTS} segments"


def jpeg_size(file: IO[bytes], offset: int, most_segments: int = 200) -> tuple[int, int] | None:
    """(width, height) of the JPEG at an offset; None if there is none that a common decoder reads."""
    file.seek(offset)
    if file.read(3) != b"\xff\xd8\xff":
        return None
    at = offset + 2
    for _ in range(most_segments):
        file.seek(at)
        head = file.read(9)
        if len(head) < 9 or head[0] != 0xFF:
            return None
        if head[1] == 0xFF:
            at += 1
            continue
        if head[1] in _FRAMES:
            height, width = int.from_bytes(head[5:7], "big"), int.from_bytes(head[7:9], "big")
            return (width, height) if head[4] == 8 and width and height else None
        if not (0xC4 <= head[1] <= 0xFE) or head[1] in (0xD9, 0xDA, 0xC5, 0xC6, 0xC7):
            return None
        at += 2 + int.from_bytes(head[2:4], "big")
    return None
