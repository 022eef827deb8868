"""Metadata written to do harm: an answer or a `PhotoError`, soon and in little memory, nothing else."""

import json
import random
import resource
import struct
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from photo_files import EXTENDED_HEAD, XMP_HEAD, chunk, directory, exif, gps, jpeg, picture, placed, png, xmp

from placeprint.errors import PhotoError
from placeprint.geo import GeoPoint
from placeprint.photos import PhotoInfo, load, read_info, write_sidecar
from placeprint.photos.metadata.xmp.packet import PacketError, read_packet

SECONDS, MEGABYTES = 5.0, 400


@contextmanager
def bounded() -> Iterator[None]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    yield
    assert time.perf_counter() - start < SECONDS
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak
    assert grown < MEGABYTES * (1024 if sys.platform == "linux" else 1 << 20)


def read(path: Path) -> PhotoInfo | None:
    with bounded():
        try:
            return read_info(path)
        except PhotoError:
            return None


def heavy_exif(entries: int, size: int = 65_000) -> bytes:
    """A block whose every entry is as long as allowed, all of the same bytes."""
    rows = b"".join(
        struct.pack("<HHII", tag, 7, size, 8 + 2 + 12 * entries + 4) for tag in range(1, entries + 1)
    )
    return b"II*\0" + struct.pack("<IH", 8, entries) + rows + bytes(4) + bytes(size)


def test_a_png_with_a_huge_block_of_exif(tmp_path: Path) -> None:
    heavy = png(tmp_path / "a.png", chunk(b"eXIf", heavy_exif(60_000)))
    assert read(heavy) is not None
    many = png(tmp_path / "b.png", chunk(b"eXIf", heavy_exif(50)) * 300, chunk(b"eXIf", exif(gps(1.0, 2.0))))
    assert read(many).point == GeoPoint(1.0, 2.0)
    huge = png(tmp_path / "c.png", b"", chunk(b"eXIf", bytes(60 << 20)) + chunk(b"eXIf", exif(gps(1.0, 2.0))))
    assert read(huge).point == GeoPoint(1.0, 2.0)


def test_bombs_in_png(tmp_path: Path) -> None:
    bomb = zlib.compress(bytes(1 << 28), 9)
    for written in (
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + bomb),
        chunk(b"zTXt", b"Raw profile type exif\0\0" + bomb),
    ):
        read(png(tmp_path / "before.png", written))
        assert read(png(tmp_path / "after.png", b"", written)) is not None


def test_a_jpeg_of_a_million_segments(tmp_path: Path) -> None:
    small = jpeg(tmp_path / "a.jpg").read_bytes()
    for one, count in ((b"Exif\0\0", 1_000_000), (b"Exif\0\0" + bytes(65_000), 1000), (bytes(65_000), 2000)):
        segment = b"\xff\xe1" + struct.pack(">H", len(one) + 2) + one
        (tmp_path / "b.jpg").write_bytes(small[:2] + segment * count + small[2:])
        assert read(tmp_path / "b.jpg") is None
        with pytest.raises(PhotoError, match=r"MB of metadata|segments"):
            load(tmp_path / "b.jpg")


LAUGHS = (
    b'<!DOCTYPE x [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 50) for i in range(9))
    + b"]><x>&j;</x>"
)
PACKETS = {
    "billion laughs": LAUGHS,
    "external entity": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>',
    "deep": b"<a>" * 200_000,
    "deep and closed": b"<a>" * 50_000 + b"</a>" * 50_000,
    "wide": xmp(elements="<exif:a>1</exif:a>" * 300_000),
    "many attributes": xmp({f"exif:a{i}": "1" for i in range(200_000)}),
    "long value": xmp({"exif:GPSLatitude": "1" * 5_000_000, "exif:GPSLongitude": "2"}),
    "long digits": xmp({"exif:GPSLatitude": "1/" + "1" * 5000, "exif:GPSLongitude": "2"}),
    "long text": xmp(elements=f"<exif:GPSLatitude>{'1' * 5_000_000}</exif:GPSLatitude>"),
    "no XML": bytes(range(256)) * 1000,
    "unknown encoding": b'<?xml version="1.0" encoding="x-none"?><a/>',
    "lone surrogates": b'<a b="&#xD800;"/>',
    "numbers": placed(
        1.0, 2.0, {"exif:GPSAltitude": "1e999", "exif:GPSDOP": "nan", "exif:GPSImgDirection": "inf"}
    ),
}


@pytest.mark.parametrize("name", PACKETS)
def test_packets(tmp_path: Path, name: str) -> None:
    packet = PACKETS[name]
    path = png(tmp_path / "a.png", b"", chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet))
    info = read(path)
    assert info is not None
    assert (info.point is None) == (name != "numbers")
    picture().save(tmp_path / "b.tif", tiffinfo={700: packet})
    assert read(tmp_path / "b.tif") is not None
    (tmp_path / "c.jpg.xmp").write_bytes(packet)
    beside = read(jpeg(tmp_path / "c.jpg", exif(gps(3.0, 4.0))))
    assert beside is not None
    with bounded(), suppress(PhotoError):
        write_sidecar(tmp_path / "c.jpg", GeoPoint(1.0, 2.0))


def test_a_sidecar_of_a_hundred_megabytes(tmp_path: Path) -> None:
    with (tmp_path / "a.jpg.xmp").open("wb") as file:
        file.write(b"<x>")
        file.truncate(100 << 20)
    info = read(jpeg(tmp_path / "a.jpg"))
    assert "the limit is 32 MB" in info.position_problem


def test_an_extended_packet_that_claims_much(tmp_path: Path) -> None:
    guid = b"0123456789ABCDEF0123456789ABCDEF"
    part = EXTENDED_HEAD + guid + struct.pack(">II", 0xFFFFFFFF, 0xFFFFFF00) + b"<x/>"
    main = XMP_HEAD + xmp({"xmpNote:HasExtendedXMP": guid.decode()})
    assert read(jpeg(tmp_path / "a.jpg", main, part)).point is None


def test_directories_in_circles_and_to_nowhere(tmp_path: Path) -> None:
    for start in (0, 8, 14, 0x7FFFFFFF, 0xFFFFFFFF):
        block = b"II*\0" + struct.pack("<I", start) + directory({0x8825: ("I", [8]), 0x8769: ("I", [8])}, 8)
        assert read(jpeg(tmp_path / "a.jpg", b"Exif\0\0" + block)) is not None
    chain = b"II*\0" + struct.pack("<I", 8)
    for i in range(3000):  # each page refers to the next and, as SubIFDs, to many before it
        at = 8 + 30 * i
        chain += struct.pack("<HHHIIHHII", 2, 254, 4, 1, 1, 330, 4, 1, max(8, at - 30)) + struct.pack(
            "<I", at + 30
        )
    (tmp_path / "b.tif").write_bytes(chain)
    assert read(tmp_path / "b.tif") is None


def test_a_raw_file_of_nothing_but_starts_of_jpegs(tmp_path: Path) -> None:
    path = tmp_path / "a.raf"
    for filling in (b"\xff\xd8\xff", b"\xff\xd8\xff\xe1\0\2", b"\xff\xd8\xff\xe1\xff\xff"):
        path.write_bytes(b"FUJIFILMCCD-RAW ".ljust(100, b"\0") + filling * 3_000_000)
        assert read(path) is None


def test_sizes_that_a_sphere_cannot_have(tmp_path: Path) -> None:
    for value in ("1e300", "-1", "nan", "inf", "x", "9" * 400, "1/0"):
        fields = {"GPano:ProjectionType": "equirectangular", "GPano:FullPanoWidthPixels": value}
        fields |= {"GPano:PoseHeadingDegrees": value, "GPano:CroppedAreaLeftPixels": value}
        assert read(jpeg(tmp_path / "a.jpg", XMP_HEAD + xmp(fields))) is not None


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_a_packet_or_not(content: bytes) -> None:
    for packet in (content, b"<?xpacket?>" + content, xmp(elements=content.decode("latin-1"))):
        try:
            read_packet(packet)
        except PacketError:
            continue


def whole_photo(folder: Path, format: str) -> bytes:
    block = exif(
        gps(52.0, 13.0, {18: ("A", "TOKYO"), 27: ("U", b"ASCII\0\0\0GPS"), 31: ("R", [(5, 1)])}),
        {0x9003: ("A", "2024:05:01 12:30:15"), 0x9286: ("U", b"ASCII\0\0\0{}")},
        {0x010E: ("A", json.dumps({"MAPLatitude": 52.0, "MAPLongitude": 13.0}))},
    )
    packet = placed(52.0, 13.0, {"GPano:ProjectionType": "equirectangular", "exif:GPSImgDirection": "9/1"})
    path = folder / f"whole.{format}"
    if format == "jpg":
        return jpeg(path, block, XMP_HEAD + packet).read_bytes()
    if format == "png":
        text = chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(packet))
        return png(path, chunk(b"eXIf", block[6:]), text).read_bytes()
    picture().save(
        path, **({"tiffinfo": {700: packet}} if format == "tif" else {"exif": block, "xmp": packet})
    )
    return path.read_bytes()


@pytest.mark.parametrize("format", ["jpg", "png", "webp", "tif", "avif"])
def test_flipped_bytes_give_an_answer_or_a_photo_error(tmp_path: Path, format: str) -> None:
    whole = whole_photo(tmp_path, format)
    rng = random.Random(format)
    path = tmp_path / f"flipped.{format}"
    answered = 0
    for _ in range(200):
        damaged = bytearray(whole)
        for _ in range(rng.choice([1, 2, 8])):
            damaged[rng.randrange(len(whole))] = rng.randrange(256)
        path.write_bytes(damaged[: rng.choice([len(whole), rng.randrange(1, len(whole))])])
        try:
            answered += read_info(path).width > 0
        except PhotoError:
            continue
    assert answered > 20


@pytest.mark.parametrize("make", [lambda b: b, lambda b: b.hex().encode()])
def test_flipped_bytes_in_files_beside(tmp_path: Path, make: Callable[[bytes], bytes]) -> None:
    photo = jpeg(tmp_path / "a.jpg")
    said = json.dumps({"geoData": {"latitude": 1.5, "longitude": 2.5}, "photoTakenTime": {"timestamp": "1"}})
    rng = random.Random(1)
    for name, content in (("a.jpg.xmp", placed(1.0, 2.0)), ("a.jpg.json", said.encode())):
        for _ in range(150):
            damaged = bytearray(make(content))
            for _ in range(rng.choice([1, 3])):
                damaged[rng.randrange(len(damaged))] = rng.randrange(256)
            (tmp_path / name).write_bytes(damaged)
            assert read_info(photo).width == 64
        (tmp_path / name).unlink()
