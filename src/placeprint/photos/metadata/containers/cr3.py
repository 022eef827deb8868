"""Canon's CR3: boxes of ISO's base media format, of which three hold a directory of EXIF each."""

from typing import IO

from placeprint.photos.metadata.containers.blocks import LONGEST, Blocks
from placeprint.photos.metadata.exif_tags import ExifTags, read_directory

_CANON_BOXES = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
_XMP_BOX = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")


def read_cr3(file: IO[bytes], found: Blocks) -> None:
    """Canon's boxes CMT1 (photo), CMT2 (camera) and CMT4 (GPS) are each a block with one directory."""
    blocks: dict[bytes, bytes] = {}
    for kind, start, end in _boxes(file, 0, file.seek(0, 2)):
        file.seek(start)
        if kind == b"uuid" and file.read(16) == _XMP_BOX and end - start <= LONGEST:
            found.xmp.append(file.read(end - start - 16))
        if kind != b"moov":
            continue
        for inner, begin, until in _boxes(file, start, end):
            file.seek(begin)
            if inner != b"uuid" or file.read(16) != _CANON_BOXES:
                continue
            for name, first, last in _boxes(file, begin + 16, until):
                if name in (b"CMT1", b"CMT2", b"CMT4") and last - first <= LONGEST:
                    file.seek(first)
                    blocks[name] = file.read(last - first)
    wanted = ((b"CMT1", "photo"), (b"CMT2", "camera"), (b"CMT4", "gps"))
    found.exif.append(ExifTags(*(read_directory(blocks.get(name, b""), kind) for name, kind in wanted)))


def _boxes(file: IO[bytes], start: int, end: int) -> list[tuple[bytes, int, int]]:
    """(kind, start, end of the content) of the boxes of ISO's base media format in a part of a file."""
    found: list[tuple[bytes, int, int]] = []
    while start + 8 <= end and len(found) < 1000:
        file.seek(start)
        head = file.read(16)
        size, kind, skip = int.from_bytes(head[:4], "big"), head[4:8], 8
        if size == 1:
            size, skip = int.from_bytes(head[8:16], "big"), 16
        elif size == 0:
            size = end - start
        if size < skip or start + size > end:
            break
        found.append((kind, start + skip, start + size))
        start += size
    return found
