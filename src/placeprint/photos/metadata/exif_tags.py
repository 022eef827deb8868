"""EXIF as tags and plain values: directories of the TIFF 6.0 structure (EXIF 2.32, section 4.6).

Pillow reads EXIF too, but it divides rationals (so 0/0 goes unnoticed) and reports damage by process-wide
warnings that name no file, which does not work in many threads.
"""

import io
import struct
from dataclasses import dataclass, field
from typing import IO

from PIL import ImageFile

Rational = tuple[int, int]
Value = str | bytes | tuple[int, ...] | tuple[Rational, ...] | tuple[float, ...]
Tags = dict[int, Value]

ORIENTATION = 0x0112
_EXIF_IFD = 0x8769
_GPS_IFD = 0x8825
_FORMATS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d"}
_BYTES = {2: 1, 5: 8, 7: 1, 10: 8, 129: 1, **{kind: struct.calcsize(f) for kind, f in _FORMATS.items()}}
_LONGEST_VALUE = 65536


@dataclass(frozen=True, slots=True)
class ExifTags:
    """The directories of EXIF: of the photo (TIFF's own), of the camera (EXIF's), and of GPS."""

    photo: Tags = field(default_factory=dict)
    camera: Tags = field(default_factory=dict)
    gps: Tags = field(default_factory=dict)


def read_exif_tags(image: ImageFile.ImageFile) -> ExifTags:
    """The tags of an opened photo. Damaged entries are left out."""
    stream, start = _structure(image)
    return ExifTags() if stream is None else _directories(stream, start)


def _structure(image: ImageFile.ImageFile) -> tuple[IO[bytes] | None, int]:
    block = image.info.get("exif")
    if isinstance(block, bytes):
        return io.BytesIO(block), 6 if block[:6] == b"Exif\0\0" else 0
    text = image.info.get("Raw profile type exif")  # ImageMagick's PNGs
    if isinstance(text, str):
        try:
            block = bytes.fromhex("".join(text.split("\n")[3:]))
        except ValueError:
            return None, 0
        return io.BytesIO(block), 6 if block[:6] == b"Exif\0\0" else 0
    if image.format == "TIFF" and image.fp is not None:
        return image.fp, 0
    return None, 0


def _directories(stream: IO[bytes], start: int) -> ExifTags:
    stream.seek(start)
    head = stream.read(8)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(head[:4])
    if order is None or len(head) < 8:
        return ExifTags()
    photo = _directory(stream, start, order, struct.unpack(order + "I", head[4:])[0])
    others = []
    for tag in (_EXIF_IFD, _GPS_IFD):
        offset = photo.get(tag)
        first = offset[0] if isinstance(offset, tuple) else None
        others.append(
            _directory(stream, start, order, first) if isinstance(first, int) and first >= 0 else {}
        )
    return ExifTags(photo, *others)


def _directory(stream: IO[bytes], start: int, order: str, offset: int) -> Tags:
    stream.seek(start + offset)
    head = stream.read(2)
    count = struct.unpack(order + "H", head)[0] if len(head) == 2 else 0
    entries = stream.read(12 * count)
    tags: Tags = {}
    for at in range(0, len(entries) - 11, 12):
        tag, kind, number = struct.unpack_from(order + "HHI", entries, at)
        size = _BYTES.get(kind, 0) * number
        if not 0 < size <= _LONGEST_VALUE:
            continue
        data = entries[at + 8 : at + 8 + size]
        if size > 4:
            stream.seek(start + struct.unpack_from(order + "I", entries, at + 8)[0])
            data = stream.read(size)
        if len(data) == size:
            tags.setdefault(tag, _value(data, kind, order))
    return tags


def _value(data: bytes, kind: int, order: str) -> Value:
    if kind in (2, 129):
        return data.split(b"\0")[0].decode("utf-8", "replace").strip()
    if kind == 7:
        return data
    if kind in (5, 10):
        numbers = struct.unpack(f"{order}{len(data) // 4}{'I' if kind == 5 else 'i'}", data)
        return tuple(zip(numbers[::2], numbers[1::2], strict=True))
    return struct.unpack(f"{order}{len(data) // _BYTES[kind]}{_FORMATS[kind]}", data)
