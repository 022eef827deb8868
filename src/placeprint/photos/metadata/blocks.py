"""The blocks of metadata inside a photo file, in every container: EXIF, XMP, IPTC. Pixels are not decoded."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

from PIL import ImageFile

from placeprint.photos.metadata.exif_tags import (
    IPTC,
    MAGICS,
    PHOTOSHOP,
    XMP,
    ExifTags,
    read_block,
    read_directory,
    read_tags,
)

LONGEST = 32 << 20
"""Bytes; a longer block is left out."""

_EXIF_HEAD = b"Exif\0\0"
_XMP_HEAD = b"http://ns.adobe.com/xap/1.0/\0"
_EXTENDED_HEAD = b"http://ns.adobe.com/xmp/extension/\0"
_IPTC_RESOURCE = 0x0404
_MOST_CHUNKS = 200_000
_CANON_BOXES = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
_XMP_BOX = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")


@dataclass(frozen=True, slots=True)
class Blocks:
    """What a file holds, in the order of the file: EXIF as tags, packets of XMP, records of IPTC."""

    exif: list[ExifTags] = field(default_factory=list)
    xmp: list[bytes] = field(default_factory=list)
    iptc: list[bytes] = field(default_factory=list)


def read_blocks(image: ImageFile.ImageFile) -> Blocks:
    """The blocks of an opened photo whose pixels are not decoded yet. Damaged ones are left out.

    Of a RAW photo those of the file go before those of the embedded JPEG, whose pixels stand for it.
    """
    found = Blocks()
    container: IO[bytes] | None = getattr(image, "container", None)
    if container is not None:
        _of_container(container, found)
    if image.format == "JPEG":
        _of_jpeg(image, found)
    elif image.format == "PNG" and image.fp is not None:
        before = image.fp.tell()
        _of_png(image.fp, found)
        image.fp.seek(before)
    elif container is None:
        _of_info(image, found)
    found.exif[:] = [tags for tags in found.exif if tags.photo or tags.camera or tags.gps]
    return found


def _of_info(image: ImageFile.ImageFile, found: Blocks) -> None:
    exif, xmp = image.info.get("exif"), image.info.get("xmp")
    if isinstance(exif, bytes):
        found.exif.append(read_block(exif))
    if isinstance(xmp, bytes | str) and len(xmp) <= LONGEST:
        found.xmp.append(xmp.encode() if isinstance(xmp, str) else xmp)


def _of_jpeg(image: ImageFile.ImageFile, found: Blocks) -> None:
    """Segments; a second block of EXIF is one if it starts like one, else the first goes on in it."""
    blocks: list[list[bytes]] = []
    extensions: dict[bytes, dict[int, bytes]] = {}
    for name, content in getattr(image, "applist", ()):
        if name == "APP13" and content.startswith(b"Photoshop 3.0\0"):
            found.iptc.extend(_resources(content[14:]))
        if name != "APP1":
            continue
        if content.startswith(_EXIF_HEAD):
            if content[6:10] in MAGICS or not blocks:
                blocks.append([content])
            else:
                blocks[-1].append(content[6:])
        elif content.startswith(_XMP_HEAD):
            found.xmp.append(content[len(_XMP_HEAD) :])
        elif content.startswith(_EXTENDED_HEAD):
            at = len(_EXTENDED_HEAD)
            name_of_part, offset = content[at : at + 32], content[at + 36 : at + 40]
            extensions.setdefault(name_of_part, {})[int.from_bytes(offset, "big")] = content[at + 40 :]
    found.exif.extend(read_block(b"".join(parts)) for parts in blocks)
    named = list(found.xmp)
    for guid, parts in extensions.items():
        if any(guid in packet for packet in named):
            found.xmp.append(_joined(parts))


def _joined(parts: dict[int, bytes]) -> bytes:
    """The parts of an extended packet, as far as they follow on each other."""
    whole: list[bytes] = []
    end = 0
    for offset in sorted(parts):
        if offset != end:
            break
        whole.append(parts[offset])
        end += len(parts[offset])
    return b"".join(whole)


def _of_png(file: IO[bytes], found: Blocks) -> None:
    """Chunks before and after the pixels: eXIf, XMP as text, and ImageMagick's profiles as hex in text."""
    budget = 2 * LONGEST
    for kind, content in _chunks(file):
        budget -= len(content)
        if budget < 0:
            return
        if kind == b"eXIf":
            found.exif.append(read_block(content))
            continue
        keyword, _, rest = content.partition(b"\0")
        text = _text(kind, rest) if keyword == b"XML:com.adobe.xmp" or keyword[:4] == b"Raw " else b""
        if keyword == b"XML:com.adobe.xmp":
            found.xmp.append(text)
        elif keyword.startswith(b"Raw profile type "):
            _profile(keyword[17:].strip().lower(), text, found)


def _profile(name: bytes, text: bytes, found: Blocks) -> None:
    try:
        block = bytes.fromhex("".join(text.decode("latin-1").split("\n")[3:]))
    except ValueError:
        return
    if name in (b"exif", b"app1") and not block.startswith(_XMP_HEAD):
        found.exif.append(read_block(block))
    elif name in (b"xmp", b"app1"):
        found.xmp.append(block.removeprefix(_XMP_HEAD))
    elif name in (b"iptc", b"8bim"):
        found.iptc.extend(_resources(block) if block.startswith(b"8BIM") else [block])


def _chunks(file: IO[bytes]) -> Iterator[tuple[bytes, bytes]]:
    file.seek(8)
    for _ in range(_MOST_CHUNKS):
        head = file.read(8)
        length, kind = int.from_bytes(head[:4], "big"), head[4:]
        if len(head) < 8 or kind == b"IEND":
            return
        if kind in (b"eXIf", b"iTXt", b"zTXt", b"tEXt") and length <= LONGEST:
            content = file.read(length)
            if len(content) < length:
                return
            file.seek(4, 1)
            yield kind, content
        else:
            file.seek(length + 4, 1)


def _text(kind: bytes, content: bytes) -> bytes:
    """The text of a chunk after its keyword, inflated if it is deflated; empty if it is damaged or huge."""
    deflated = kind == b"zTXt"
    if kind == b"zTXt":
        content = content[1:]
    elif kind == b"iTXt":
        deflated = content[:1] == b"\1"
        parts = content[2:].split(b"\0", 2)
        content = parts[2] if len(parts) == 3 else b""
    if not deflated:
        return content
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(content, LONGEST)
    except zlib.error:
        return b""
    return b"" if inflater.unconsumed_tail else text


def _resources(block: bytes) -> Iterator[bytes]:
    """The IPTC records among Photoshop's image resources."""
    at = 0
    while block[at : at + 4] == b"8BIM" and at + 12 <= len(block):
        kind = int.from_bytes(block[at + 4 : at + 6], "big")
        at += 6 + (block[at + 6] + 2) // 2 * 2  # a name, padded to an even length
        size = int.from_bytes(block[at : at + 4], "big")
        if kind == _IPTC_RESOURCE:
            yield block[at + 4 : at + 4 + size]
        at += 4 + size + size % 2


def _of_container(file: IO[bytes], found: Blocks) -> None:
    """Of a file of TIFF's structure, or of Canon's CR3."""
    file.seek(0)
    head = file.read(12)
    if head[:4] in MAGICS:
        tags = read_tags(file)
        found.exif.append(tags)
        for tag, packets in ((XMP, found.xmp), (IPTC, found.iptc)):
            packets.extend(value for value in (tags.photo.get(tag),) if isinstance(value, bytes))
        resources = tags.photo.get(PHOTOSHOP)
        found.iptc.extend(_resources(resources) if isinstance(resources, bytes) else ())
    elif head[4:12] == b"ftypcrx ":
        _of_cr3(file, found)


def _of_cr3(file: IO[bytes], found: Blocks) -> None:
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
