"""Photos written byte by byte: EXIF, XMP and chunks as cameras and programs write them, unchecked."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

XMP_HEAD = b"http://ns.adobe.com/xap/1.0/\0"
EXTENDED_HEAD = b"http://ns.adobe.com/xmp/extension/\0"
NAMESPACES = {
    "exif": "http://ns.adobe.com/exif/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpNote": "http://ns.adobe.com/xmp/note/",
    "drone-dji": "http://www.dji.com/drone-dji/1.0/",
    "drone-parrot": "http://www.parrot.com/drone-parrot/1.0/",
    "drone-skydio": "https://www.skydio.com/drone-skydio/1.0/",
    "Camera": "http://pix4d.com/camera/1.0/",
    "GPano": "http://ns.google.com/photos/1.0/panorama/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
}
_KINDS = {"B": 1, "A": 2, "H": 3, "I": 4, "R": 5, "U": 7, "SR": 10, "D": 12}

Tags = dict[int, tuple[str, object]]


def picture(seed: int = 0, size: tuple[int, int] = (64, 48)) -> Image.Image:
    """Blocks of random colors, of which every encoder keeps the rough ones."""
    small = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(small).resize(size, Image.Resampling.NEAREST)


def directory(tags: Tags, start: int, order: str = "<", following: int = 0) -> bytes:
    """A directory of TIFF's structure that will lie at `start`."""
    rows, data = b"", b""
    base = start + 2 + 12 * len(tags) + 4
    for tag in sorted(tags):
        kind, values = tags[tag]
        count, raw = _encoded(kind, values, order)
        inline = raw.ljust(4, b"\0") if len(raw) <= 4 else struct.pack(order + "I", base + len(data))
        data += raw + b"\0" * (len(raw) % 2) if len(raw) > 4 else b""
        rows += struct.pack(order + "HHI", tag, _KINDS[kind], count) + inline
    return struct.pack(order + "H", len(tags)) + rows + struct.pack(order + "I", following) + data


def _encoded(kind: str, values: object, order: str) -> tuple[int, bytes]:
    if kind == "A":
        raw = (values if isinstance(values, bytes) else str(values).encode()) + b"\0"
        return len(raw), raw
    if kind == "U":
        return len(values), bytes(values)  # type: ignore[arg-type, call-overload]
    if kind in ("R", "SR"):
        form = order + ("II" if kind == "R" else "ii")
        return len(values), b"".join(struct.pack(form, *pair) for pair in values)  # type: ignore[arg-type, attr-defined]
    form = order + {"B": "B", "H": "H", "I": "I", "D": "d"}[kind]
    return len(values), b"".join(struct.pack(form, v) for v in values)  # type: ignore[arg-type, attr-defined]


def exif(
    gps: Tags | None = None, camera: Tags | None = None, photo: Tags | None = None, order: str = "<"
) -> bytes:
    """A block of EXIF with its `Exif\\0\\0`."""
    main = dict(photo or {})
    parts = [(tag, tags) for tag, tags in ((0x8769, camera), (0x8825, gps)) if tags]
    main |= {tag: ("I", [0]) for tag, _ in parts}
    at = 8 + len(directory(main, 8, order))
    blocks = b""
    for tag, tags in parts:
        main[tag] = ("I", [at + len(blocks)])
        blocks += directory(tags, at + len(blocks), order)
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    return b"Exif\0\0" + head + directory(main, 8, order) + blocks


def gps(lat: float, lon: float, more: Tags | None = None) -> Tags:
    """The tags of a position to a ten-thousandth of a second."""
    return {
        1: ("A", "NS"[lat < 0]), 2: ("R", dms(lat)), 3: ("A", "EW"[lon < 0]), 4: ("R", dms(lon)),
    } | (more or {})  # fmt: skip


def dms(degrees: float) -> list[tuple[int, int]]:
    """Degrees, minutes, seconds as rationals."""
    units = round(abs(degrees) * 3600 * 10_000)
    return [(units // 36_000_000, 1), (units // 600_000 % 60, 1), (units % 600_000, 10_000)]


def segment(content: bytes, marker: int = 0xE1) -> bytes:
    """A segment of a JPEG."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


def jpeg(path: Path, *segments: bytes, image: Image.Image | None = None) -> Path:
    """A JPEG with APP1 segments of these contents."""
    buffer = io.BytesIO()
    (image or picture()).save(buffer, "JPEG")
    whole = buffer.getvalue()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(whole[:2] + b"".join(map(segment, segments)) + whole[2:])
    return path


def xmp(fields: dict[str, str] | None = None, elements: str = "", as_elements: bool = False) -> bytes:
    """A packet with these properties, such as {"exif:GPSLatitude": "52,12.5N"}."""
    names = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    attributes = " ".join(f'{name}="{value}"' for name, value in (fields or {}).items())
    if as_elements:
        elements += "".join(f"<{name}>{value}</{name}>" for name, value in (fields or {}).items())
        attributes = ""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {names} {attributes}>{elements}</rdf:Description>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def placed(lat: float, lon: float, more: dict[str, str] | None = None) -> bytes:
    """A packet with a position."""
    return xmp({"exif:GPSLatitude": f"{lat:.8f}", "exif:GPSLongitude": f"{lon:.8f}"} | (more or {}))


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(path: Path, before: bytes = b"", after: bytes = b"", image: Image.Image | None = None) -> Path:
    """A PNG with chunks before and after its pixels."""
    buffer = io.BytesIO()
    (image or picture()).save(buffer, "PNG")
    whole = buffer.getvalue()
    path.write_bytes(whole[:33] + before + whole[33:-12] + after + whole[-12:])
    return path
