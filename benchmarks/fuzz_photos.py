"""Malformed photos: does anything but `PhotoError` come out of reading them, in bounded time and memory?

    python benchmarks/fuzz_photos.py --photos 10000 --seed 0

Small photos of every format are painted, with EXIF and XMP where the format has it, and spoiled: bytes
flipped, numbers overwritten by extreme ones, cut off, parts doubled or moved, the end of another format
attached. Each goes through `load` and `read_info`. Prints outcomes by format, the slowest photo, and the most
memory this process had; the exit status is 1 after any other exception, over 5 seconds or over 1 GB.
"""

import argparse
import io
import resource
import struct
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, features

from placeprint.errors import PhotoError
from placeprint.photos import load, read_info

SLOW, MOST = 5.0, 1_000_000_000
EXTREME = [
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    b"\0\0\0\0",
    b"\0\1\0\0",
    b"\x80\0\0\0",
]


def originals() -> dict[str, bytes]:
    """A sound photo of each format that can be written here."""
    pixels = np.random.default_rng(0).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    picture = Image.fromarray(pixels).resize((96, 72))
    exif = Image.Exif()
    exif[274] = 6
    exif.get_ifd(0x8825).update({1: "N", 2: (50.0, 8.0, 30.0), 3: "E", 4: (8.0, 30.0, 0.0)})
    said = {"exif": exif.tobytes(), "xmp": b"<x:xmpmeta xmlns:x='adobe:ns:meta/'></x:xmpmeta>"}
    formats: dict[str, tuple[str, dict[str, Any]]] = {
        "jpg": ("JPEG", {"exif": said["exif"], "progressive": False}),
        "progressive.jpg": ("JPEG", {"exif": said["exif"], "progressive": True}),
        "png": ("PNG", {"exif": said["exif"]}),
        "webp": ("WEBP", said),
        "gif": ("GIF", {}),
        "bmp": ("BMP", {}),
        "ppm": ("PPM", {}),
        "tif": ("TIFF", {"compression": "tiff_lzw"}),
        "deflate.tif": ("TIFF", {"compression": "tiff_deflate"}),
        "jpeg.tif": ("TIFF", {"compression": "jpeg"}),
    }
    if features.check("avif"):
        formats["avif"] = ("AVIF", {"exif": said["exif"], "speed": 10})
    made = {}
    for name, (format, options) in formats.items():
        buffer = io.BytesIO()
        picture.save(buffer, format, **options)
        made[name] = buffer.getvalue()
    try:
        from pillow_heif import from_pillow
    except ImportError:
        pass
    else:
        buffer = io.BytesIO()
        from_pillow(picture).save(buffer, exif=said["exif"])
        made["heic"] = buffer.getvalue()
    preview = io.BytesIO()
    picture.resize((768, 576)).save(preview, "JPEG", quality=30)
    made["dng"] = _raw(preview.getvalue())
    return made


def _raw(preview: bytes) -> bytes:
    """A RAW photo of TIFF's structure: a sensor's values, and a JPEG as its preview."""
    tags = [(254, 4, 0), (256, 4, 96), (257, 4, 72), (262, 3, 32803), (513, 4, 8), (514, 4, len(preview))]
    rows = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    directory = struct.pack("<H", len(tags)) + rows + struct.pack("<I", 0)
    return b"II*\0" + struct.pack("<I", 8 + len(preview)) + preview + directory


def spoiled(content: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    """The same photo with something wrong."""
    at = int(rng.integers(len(content))) if rng.random() < 0.5 else int(rng.integers(min(len(content), 300)))
    size = int(rng.integers(1, 200))
    match int(rng.integers(7)):
        case 0:
            return content[:at]
        case 1:
            return content[:at] + content[at : at + size] * int(rng.integers(2, 50)) + content[at:]
        case 2:
            return content[:at] + content[at + size :]
        case 3:
            return content[:at] + other[len(other) // 2 :]
        case 4:
            extreme = EXTREME[int(rng.integers(len(EXTREME)))]
            return content[:at] + extreme + content[at + 4 :]
    changed = bytearray(content)
    for _ in range(int(rng.integers(1, 10))):
        changed[int(rng.integers(min(len(changed), at + 64)))] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def malformed(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """`count` photos, the formats taking turns."""
    rng = np.random.default_rng(seed)
    sound = originals()
    names = list(sound)
    for turn in range(count):
        name = names[turn % len(names)]
        yield name, spoiled(sound[name], sound[names[int(rng.integers(len(names)))]], rng)


def fuzz(count: int, seed: int, folder: Path) -> tuple[Counter[tuple[str, str]], list[str], float]:
    """Outcomes by format, what must not happen, and the longest time."""
    counts: Counter[tuple[str, str]] = Counter()
    bad: list[str] = []
    longest = 0.0
    for turn, (name, content) in enumerate(malformed(count, seed)):
        path = folder / f"photo.{name}"
        path.write_bytes(content)
        for read in (load, read_info):
            start = time.monotonic()
            try:
                read(path)
                kind = "read"
            except PhotoError:
                kind = "refused"
            except Exception as error:
                kind = "TRACEBACK"
                bad.append(f"{turn} {name} {read.__name__}: {error!r}")
            took = time.monotonic() - start
            longest = max(longest, took)
            if took > SLOW:
                bad.append(f"{turn} {name} {read.__name__}: {took:.1f} s")
            counts[name, kind] += 1
    return counts, bad, longest


def most_memory() -> int:
    """The most bytes this process had; `ru_maxrss` would count what its parent had when it began."""
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main() -> None:
    """Print a table of outcomes by format."""
    parser = argparse.ArgumentParser(description="Read malformed photos of every format.")
    parser.add_argument("--photos", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    said = parser.parse_args()
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        counts, bad, longest = fuzz(said.photos, said.seed, Path(folder))
    memory = most_memory()
    for name in dict.fromkeys(name for name, _ in counts):
        print(f"{name:16}", *(f"{kind} {counts[name, kind]:5}" for kind in ("read", "refused", "TRACEBACK")))
    print(*bad, sep="\n")
    print(f"{said.photos} photos in {time.monotonic() - start:.0f} s; slowest {longest:.2f} s; "
          f"most memory {memory / 1e6:.0f} MB")  # fmt: skip
    sys.exit(bool(bad) or memory > MOST)


if __name__ == "__main__":
    main()
