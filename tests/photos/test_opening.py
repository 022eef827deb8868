"""The zoo of bad files: each gets a reason and a mend, none a traceback, a warning or a hang."""

import io
import os
import random
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from placeprint.errors import PhotoError
from placeprint.photos import load, read_info
from placeprint.photos import opening as opening_module

PHOTO = Image.fromarray(np.random.default_rng(0).integers(0, 256, (120, 160, 3)).astype(np.uint8))


def encoded(format: str, **options) -> bytes:
    buffer = io.BytesIO()
    PHOTO.save(buffer, format, **options)
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + body
        + struct.pack(">I", zlib.crc32(body))
        + b"\0\0\1\0IDAT"
    )


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "PPM"])
@pytest.mark.parametrize("kept", [0.02, 0.5, 0.9])
def test_truncated(tmp_path: Path, format: str, kept: float) -> None:
    whole = encoded(format)
    path = tmp_path / "cut.jpg"
    path.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(PhotoError, match="cut off") as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert caught.value.mend


def test_truncated_heic() -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    buffer = io.BytesIO()
    pillow_heif.from_pillow(PHOTO).save(buffer)
    whole = buffer.getvalue()
    for kept in (0.1, 0.5, 0.9):
        with pytest.raises(PhotoError):
            load(whole[: int(len(whole) * kept)])


def test_heic_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(PhotoError, match=r"pip install .*pillow-heif"):
        load(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100))


@pytest.mark.parametrize("content", [b"", b"x", b"not a photo at all, but a text", bytes(1000), b"P9 4 4"])
def test_not_a_photo(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "text.jpg"
    path.write_bytes(content)
    with pytest.raises(PhotoError, match="empty" if not content else "not a photo"):
        load(path)
    with pytest.raises(PhotoError):
        load(content)


@pytest.mark.parametrize("format", ["PNG", "WEBP", "GIF", "TIFF", "BMP"])
def test_content_decides_not_the_extension(tmp_path: Path, format: str) -> None:
    path = tmp_path / "wrong.jpg"
    path.write_bytes(encoded(format))
    assert load(path).shape == (120, 160, 3)


def test_bombs_are_refused_unread() -> None:
    with pytest.raises(PhotoError, match="claims 60000 x 60000 pixels"):
        load(png_header(60_000, 60_000))
    with pytest.raises(PhotoError, match="claims 30000 x 30000"):
        load(b"P6 30000 30000 255\n")
    with pytest.raises(PhotoError, match=r"20000 x 20000 pixels .* 1\.6 GB to decode"):
        load(png_header(20_000, 20_000))


def test_large_jpeg_needs_no_large_decode(monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the limit of memory, a JPEG still loads at a reduced scale; a PNG does not."""
    monkeypatch.setattr("placeprint.photos.memory.MOST", 20_000)
    assert load(encoded("JPEG"), 40).shape == (30, 40, 3)
    with pytest.raises(PhotoError, match="to decode"):
        load(encoded("PNG"), 40)


def test_no_decode_above_pillows_warning_level() -> None:
    """100 megapixels: Pillow's own opening would warn; here it loads."""
    buffer = io.BytesIO()
    Image.new("L", (12_500, 8_000), 77).save(buffer, "JPEG")
    assert np.abs(load(buffer.getvalue(), 64).astype(int) - 77).max() <= 1


def test_places_that_hold_no_photo(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match="does not exist"):
        load(tmp_path / "missing.jpg")
    with pytest.raises(PhotoError, match="is a folder"):
        load(tmp_path)
    with pytest.raises(PhotoError, match="does not exist"):
        load(tmp_path / "missing" / "x.jpg")
    with pytest.raises(PhotoError, match="cannot be read"):
        load("nul\0.jpg")
    with pytest.raises(PhotoError, match="cannot be read"):
        load(tmp_path / ("x" * 300 + ".jpg"))


@pytest.mark.skipif(os.name != "posix", reason="links and pipes of POSIX")
def test_links_and_pipes(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").symlink_to("b.jpg")
    (tmp_path / "b.jpg").symlink_to("a.jpg")
    (tmp_path / "gone.jpg").symlink_to("nowhere.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(PhotoError, match="cannot be read"):
        load(tmp_path / "a.jpg")
    with pytest.raises(PhotoError, match="link to a file that does not exist"):
        load(tmp_path / "gone.jpg")
    with pytest.raises(PhotoError, match="pipe"):
        load(tmp_path / "pipe.jpg")


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret.jpg"
    path.write_bytes(encoded("JPEG"))

    def denied(*args, **options):
        raise PermissionError(13, "Permission denied")

    path.chmod(0)
    if os.access(path, os.R_OK):  # root reads everything
        monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(PhotoError, match="permission denied"):
        load(path)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "PPM"])
def test_random_damage_gives_a_photo_or_a_photo_error(format: str) -> None:
    """Bytes flipped anywhere, mostly in the header; warnings are errors in this test run."""
    exif = Image.Exif()
    exif[0x0112] = 3
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 12.0, 3.0), 3: "E", 4: (0.0, 7.0, 1.0)})
    whole = encoded(format, **({} if format in ("GIF", "BMP", "PPM") else {"exif": exif}))
    rng = random.Random(format)
    opened = 0
    for _ in range(150):
        damaged = bytearray(whole)
        for _ in range(rng.choice([1, 2, 5])):
            damaged[rng.randrange(min(400, len(whole)) if rng.random() < 0.8 else len(whole))] = (
                rng.randrange(256)
            )
        try:
            opened += load(bytes(damaged), 64).size > 0
        except PhotoError:
            continue
    assert opened > 0 or format == "PNG"  # PNG's checksums notice everything


def test_damaged_exif_warns_nobody(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Maker of cameras"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 12.0, 3.0), 3: "E", 4: (0.0, 7.0, 1.0)})
    block = exif.tobytes()
    for format in ("JPEG", "PNG", "WEBP", "TIFF"):
        for cut in range(20, len(block), 7):
            path = tmp_path / f"{cut}.{format}"
            path.write_bytes(encoded(format, **({} if format == "TIFF" else {"exif": block[:cut]})))
            assert load(path).shape == (120, 160, 3)
            assert read_info(path).point is None or cut > 90
    assert not recwarn.list


def test_odd_metadata_warns_nobody() -> None:
    """Warnings are errors in this test run: Pillow's would make these photos unreadable."""
    tiff = bytearray(encoded("TIFF", tiffinfo={33432: "a copyright notice"}))
    entry = tiff.index(struct.pack("<HH", 33432, 2))
    tiff[entry + 8 : entry + 12] = struct.pack("<I", 10**9)
    assert load(bytes(tiff)).shape == (120, 160, 3)
    png = encoded("PNG")
    control = b"acTL" + bytes(8)
    chunk = struct.pack(">I", 8) + control + struct.pack(">I", zlib.crc32(control))
    assert load(png[:33] + chunk + png[33:]).shape == (120, 160, 3)


def test_memory_error_is_a_photo_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise MemoryError

    monkeypatch.setattr(opening_module, "check_pixels", full)
    with pytest.raises(PhotoError, match="memory"):
        load(encoded("PNG"))
