"""PNG: chunks before and after the pixels, as cameras, photo programs and ImageMagick write them."""

import zlib
from collections.abc import Iterator
from typing import IO

from placeprint.photos.metadata.containers.blocks import LONGEST, XMP_HEAD, Blocks
from placeprint.photos.metadata.exif_tags import read_block
from placeprint.photos.metadata.iptc import image_resources

_MOST_CHUNKS = 200_000


def read_png(file: IO[bytes], found: Blocks) -> None:
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
    if name in (b"exif", b"app1") and not block.startswith(XMP_HEAD):
        found.exif.append(read_block(block))
    elif name in (b"xmp", b"app1"):
        found.xmp.append(block.removeprefix(XMP_HEAD))
    elif name in (b"iptc", b"8bim"):
        found.iptc.extend(image_resources(block) if block.startswith(b"8BIM") else [block])


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
