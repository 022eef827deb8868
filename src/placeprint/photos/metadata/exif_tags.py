"""EXIF as tags and plain values: directories of the TIFF 6.0 structure (EXIF 3.0, section 4.6), and BigTIFF.

Pillow reads EXIF too, but it divides rationals (so 0/0 goes unnoticed) and reports damage by process-wide
warnings that name no file, which does not work in many threads.
"""

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

Rational = tuple[int, int]
Value = str | bytes | tuple[int, ...] | tuple[Rational, ...] | tuple[float, ...]
Tags = dict[int, Value]

ORIENTATION, DESCRIPTION, USER_COMMENT = 0x0112, 0x010E, 0x9286
XMP, IPTC, PHOTOSHOP = 700, 33723, 34377
SUBFILE, WIDTH, HEIGHT, COMPRESSION, PHOTOMETRIC, STRIPS, SUB_IFDS = 254, 256, 257, 259, 262, 273, 330
JPEG_OFFSET, DNG_VERSION = 513, 50706
_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825
_PHOTO = {
    *(DESCRIPTION, 0x010F, 0x0110, ORIENTATION, _EXIF_IFD, _GPS_IFD, XMP, IPTC, PHOTOSHOP),
    *(SUBFILE, WIDTH, HEIGHT, COMPRESSION, PHOTOMETRIC, STRIPS, SUB_IFDS, JPEG_OFFSET, DNG_VERSION),
}
_PAGE = _PHOTO - {XMP, IPTC, PHOTOSHOP, DESCRIPTION}
_CAMERA = {0x9003, 0x9004, 0x9010, 0x9011, USER_COMMENT}
_GPS = set(range(32))
_FORMATS = {
    1: "B",
    3: "H",
    4: "I",
    6: "b",
    8: "h",
    9: "i",
    11: "f",
    12: "d",
    13: "I",
    16: "Q",
    17: "q",
    18: "Q",
}
_BYTES = {2: 1, 5: 8, 7: 1, 10: 8, 129: 1, **{kind: struct.calcsize(f) for kind, f in _FORMATS.items()}}
_LONGEST_VALUE = 65536
_LONGEST_PACKET = 32 << 20
_MOST_ENTRIES = 4096
_MOST_PAGES = 256

MAGICS = {
    b"II*\0": "<", b"MM\0*": ">", b"II+\0": "<", b"MM\0+": ">",
    b"IIRO": "<", b"IIRS": "<", b"MMOR": ">", b"IIU\0": "<",
}  # fmt: skip
"""How files of TIFF's structure begin, and their byte order: TIFF, BigTIFF, and RAW of Olympus, Panasonic."""


@dataclass(frozen=True, slots=True)
class ExifTags:
    """The directories of EXIF: of the photo (TIFF's own), of the camera (EXIF's), and of GPS."""

    photo: Tags = field(default_factory=dict)
    camera: Tags = field(default_factory=dict)
    gps: Tags = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """A picture of a TIFF file: where its directory is, and its tags."""

    offset: int
    tags: Tags

    def number(self, tag: int) -> int | None:
        """The first whole number of a tag."""
        value = self.tags.get(tag)
        first = value[0] if isinstance(value, tuple | bytes) and value else None
        return first if isinstance(first, int) else None


def read_block(block: bytes) -> ExifTags:
    """The tags of a block of EXIF, with or without `Exif\\0\\0` before it. Damaged entries are left out."""
    return read_tags(io.BytesIO(block), 6 if block[:6] == b"Exif\0\0" else 0)


def read_tags(stream: IO[bytes], start: int = 0) -> ExifTags:
    """The tags of a TIFF structure that begins at `start`. Damaged entries are left out."""
    structure = _Structure.at(stream, start)
    if structure is None:
        return ExifTags()
    photo, _ = structure.directory(structure.first, _PHOTO)
    others = []
    for tag, wanted in ((_EXIF_IFD, _CAMERA), (_GPS_IFD, _GPS)):
        offset = photo.get(tag)
        first = offset[0] if isinstance(offset, tuple) else None
        others.append(structure.directory(first, wanted)[0] if isinstance(first, int) and first > 0 else {})
    return ExifTags(photo, *others)


def read_directory(block: bytes, wanted: str) -> Tags:
    """The first directory of a block, whose tags are "photo", "camera" or "gps" ones (Canon's CR3)."""
    structure = _Structure.at(io.BytesIO(block), 0)
    tags = {"photo": _PHOTO, "camera": _CAMERA, "gps": _GPS}[wanted]
    return {} if structure is None else structure.directory(structure.first, tags)[0]


def pages(stream: IO[bytes]) -> list[Page]:
    """The pictures of a TIFF file: its chain of directories, each followed by its SubIFDs; loops end."""
    structure = _Structure.at(stream, 0)
    return [] if structure is None else list(structure.pages())


@dataclass(frozen=True, slots=True)
class _Structure:
    """A TIFF structure in a stream: where it starts, its byte order, BigTIFF or not, its first directory."""

    stream: IO[bytes]
    start: int
    order: str
    big: bool
    first: int

    @classmethod
    def at(cls, stream: IO[bytes], start: int) -> "_Structure | None":
        stream.seek(start)
        head = stream.read(16)
        order = MAGICS.get(head[:4])
        if order is None or len(head) < 8:
            return None
        big = b"+" in head[2:4]
        if big and len(head) < 16:
            return None
        (first,) = struct.unpack_from(order + ("Q" if big else "I"), head, 8 if big else 4)
        return cls(stream, start, order, big, first)

    def pages(self) -> Iterator[Page]:
        seen: set[int] = set()
        waiting = [self.first]
        while waiting and len(seen) < _MOST_PAGES:
            offset = waiting.pop(0)
            if offset in seen or offset <= 0:
                continue
            seen.add(offset)
            tags, following = self.directory(offset, _PAGE)
            if tags:
                yield Page(offset, tags)
            below = tags.get(SUB_IFDS, ())
            waiting = [o for o in below[:_MOST_PAGES] if isinstance(o, int)] + waiting + [following]

    def directory(self, offset: int, wanted: set[int]) -> tuple[Tags, int]:
        """The wanted tags of a directory, and where the next one is (0: nowhere)."""
        head, size, inline = ("Q", 20, 8) if self.big else ("H", 12, 4)
        width = struct.calcsize(head)
        data = self.read(offset, width)
        count = struct.unpack(self.order + head, data)[0] if len(data) == width else 0
        count = min(count, _MOST_ENTRIES)
        table = self.read(offset + width, size * count + inline)
        tags: Tags = {}
        for at in range(0, min(len(table), size * count) - size + 1, size):
            tag, kind = struct.unpack_from(self.order + "HH", table, at)
            if tag not in wanted or tag in tags:
                continue
            (number,) = struct.unpack_from(self.order + ("Q" if self.big else "I"), table, at + 4)
            length = _BYTES.get(kind, 0) * number
            if not 0 < length <= (_LONGEST_PACKET if tag in (XMP, IPTC, PHOTOSHOP) else _LONGEST_VALUE):
                continue
            place = at + size - inline
            content = table[place : place + length]
            if length > inline:
                (elsewhere,) = struct.unpack_from(self.order + ("Q" if self.big else "I"), table, place)
                content = self.read(elsewhere, length)
            if len(content) == length:
                packet = tag in (XMP, IPTC, PHOTOSHOP)
                tags[tag] = content if packet else _value(content, kind, self.order)
        after = table[size * count :]
        whole = len(after) == inline
        return tags, struct.unpack(self.order + ("Q" if self.big else "I"), after)[0] if whole else 0

    def read(self, offset: int, length: int) -> bytes:
        if offset >= 1 << 62:
            return b""
        self.stream.seek(self.start + offset)
        return self.stream.read(length)


def _value(data: bytes, kind: int, order: str) -> Value:
    if kind in (2, 129):
        return data.split(b"\0")[0].decode("utf-8", "replace").strip()
    if kind == 7:
        return data
    if kind in (5, 10):
        numbers = struct.unpack(f"{order}{len(data) // 4}{'I' if kind == 5 else 'i'}", data)
        return tuple(zip(numbers[::2], numbers[1::2], strict=True))
    return struct.unpack(f"{order}{len(data) // _BYTES[kind]}{_FORMATS[kind]}", data)
