"""EXIF written by Pillow or, where Pillow refuses, by hand; on real photos Pillow is the second opinion."""

import io
import itertools
import struct
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.TiffImagePlugin import IFDRational, ImageFileDirectory_v2

from placeprint.photos import PhotoInfo, read_info

GPS, CAMERA = 0x8825, 0x8769
DMS = (52.0, 12.0, 30.6)
HERE = {1: "N", 2: DMS, 3: "E", 4: (13.0, 11.0, 43.2)}


def photo(
    folder: Path, gps: dict | None = None, camera: dict | None = None, main: dict | None = None
) -> Path:
    exif = Image.Exif()
    exif.get_ifd(GPS).update(gps or {})
    exif.get_ifd(CAMERA).update(camera or {})
    for tag, value in (main or {}).items():
        exif[tag] = value
    path = folder / "photo.jpg"
    Image.new("RGB", (30, 20)).save(path, exif=exif)
    return path


def by_hand(folder: Path, gps: list[tuple[int, int, int, bytes]], order: str = ">") -> PhotoInfo:
    """A photo whose GPS directory holds these (tag, type, count, bytes) entries, unchecked."""
    table, data = b"", b""
    base = 8 + 18 + 2 + 12 * len(gps) + 4
    for tag, kind, count, content in gps:
        inline = content.ljust(4, b"\0") if len(content) <= 4 else struct.pack(order + "I", base + len(data))
        table += struct.pack(order + "HHI", tag, kind, count) + inline
        data += content if len(content) > 4 else b""
    head = (b"MM\0*" if order == ">" else b"II*\0") + struct.pack(order + "I", 8)
    main = struct.pack(order + "HHHIII", 1, GPS, 4, 1, 26, 0)
    block = b"Exif\0\0" + head + main + struct.pack(order + "H", len(gps)) + table + bytes(4) + data
    path = folder / "hand.jpg"
    Image.new("RGB", (30, 20)).save(path, exif=block)
    return read_info(path)


def rationals(*pairs: tuple[int, int], order: str = ">") -> bytes:
    return b"".join(struct.pack(order + "II", *pair) for pair in pairs)


@pytest.mark.parametrize(
    ("north", "east", "below", "direction"),
    [*itertools.product("NS", "EW", [b"\0", b"\1", None], ["T", "M", None])],
)
def test_every_reference(
    tmp_path: Path, north: str, east: str, below: bytes | None, direction: str | None
) -> None:
    gps = {1: north, 2: DMS, 3: east, 4: (13.0, 11.0, 43.2), 6: 37.5, 17: 271.25}
    gps |= {} if below is None else {5: below}
    gps |= {} if direction is None else {16: direction}
    info = read_info(photo(tmp_path, gps))
    assert info.point is not None
    assert info.position_problem is None
    assert info.point.lat == pytest.approx(52.2085 * (1 if north == "N" else -1), abs=1e-9)
    assert info.point.lon == pytest.approx(13.1953333333 * (1 if east == "E" else -1), abs=1e-9)
    assert info.point.altitude == pytest.approx(-37.5 if below == b"\1" else 37.5)
    assert info.heading == pytest.approx(271.25)
    assert info.magnetic == (direction == "M")


@settings(deadline=None, max_examples=60)
@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(-400, 8800))
def test_round_trip(
    tmp_path_factory: pytest.TempPathFactory, lat: float, lon: float, altitude: float
) -> None:
    def dms(value: float) -> tuple[float, float, IFDRational]:
        units = round(abs(value) * 3600 * 10_000)
        return units // 36_000_000, units // 600_000 % 60, IFDRational(units % 600_000, 10_000)

    gps = {1: "NS"[lat < 0], 2: dms(lat), 3: "EW"[lon < 0], 4: dms(lon)}
    gps |= {5: bytes([altitude < 0]), 6: abs(round(altitude, 2))}
    info = read_info(photo(tmp_path_factory.getbasetemp(), gps))
    if info.point is None:
        assert abs(lat) < 1e-7
        assert abs(lon) < 1e-7
        return
    assert info.point.lat == pytest.approx(lat, abs=1e-6)
    assert info.point.lon == pytest.approx(lon, abs=1e-6)
    assert info.point.altitude == pytest.approx(altitude, abs=0.01)


@pytest.mark.parametrize("order", ["<", ">"])
def test_both_byte_orders_and_fewer_parts(tmp_path: Path, order: str) -> None:
    lat = [(1, 2, 2, b"S\0"), (2, 5, 1, rationals((20885, 400), order=order))]
    lon = [(3, 2, 2, b"w\0"), (4, 5, 2, rationals((13, 1), (117, 10), order=order))]
    info = by_hand(tmp_path, lat + lon, order)
    assert (info.point.lat, info.point.lon) == pytest.approx((-52.2125, -13.195))


GOOD_LON = [(3, 2, 2, b"E\0"), (4, 5, 3, rationals((13, 1), (11, 1), (0, 1)))]
NORTH = (1, 2, 2, b"N\0")


@pytest.mark.parametrize(
    ("latitude", "reason"),
    [
        ([NORTH, (2, 5, 3, rationals((0, 0), (0, 0), (0, 0)))], "denominator 0"),
        ([NORTH, (2, 5, 3, rationals((52, 1), (12, 0), (0, 1)))], "denominator 0"),
        ([NORTH, (2, 5, 3, rationals((91, 1), (0, 1), (0, 1)))], "not a place on Earth"),
        ([NORTH, (2, 5, 3, rationals((52, 1), (61, 1), (0, 1)))], "outside 0..60"),
        ([NORTH, (2, 5, 3, rationals((52, 1), (1, 1), (4000, 1)))], "outside 0..60"),
        ([NORTH, (2, 10, 3, struct.pack(">iiiiii", 52, 1, -12, 1, 0, 1))], "outside 0..60"),
        ([NORTH, (2, 12, 3, struct.pack(">ddd", float("nan"), 0.0, 0.0))], "numbers"),
        ([NORTH, (2, 11, 3, struct.pack(">fff", float("inf"), 0.0, 0.0))], "numbers"),
        ([NORTH, (2, 2, 8, b"unknown\0")], "not a coordinate"),
        ([NORTH, (2, 2, 8, b"\xff\xfe\xfd\x80\x81\x82\x83\0")], "not a coordinate"),
        ([NORTH, (2, 5, 4, rationals((52, 1), (1, 1), (1, 1), (1, 1)))], "one to three"),
        ([NORTH, (2, 7, 4, b"\0\1\2\3")], "no number"),
        ([(2, 5, 3, rationals((52, 1), (12, 1), (0, 1)))], "does not say N or S"),
        ([(1, 2, 2, b"E\0"), (2, 5, 3, rationals((52, 1), (12, 1), (0, 1)))], "neither N nor S"),
        ([(1, 2, 1, b"\0"), (2, 5, 3, rationals((52, 1), (12, 1), (0, 1)))], "does not say N or S"),
        ([NORTH], "half a position"),
        ([NORTH, (2, 5, 3_000_000, struct.pack(">II", 1, 1))], "half a position"),
        ([NORTH, (2, 99, 3, bytes(9))], "half a position"),
    ],
)
def test_impossible_latitudes_are_told(tmp_path: Path, latitude: list, reason: str) -> None:
    info = by_hand(tmp_path, latitude + GOOD_LON)
    assert info.point is None
    assert reason in info.position_problem
    assert (info.width, info.height) == (30, 20)


def test_strings_that_are_coordinates(tmp_path: Path) -> None:
    gps = [NORTH, (2, 2, 10, b"52.2085000\0"[:10]), (3, 2, 2, b"W\0"), (4, 2, 9, b"13,11.72\0")]
    info = by_hand(tmp_path, gps)
    assert (info.point.lat, info.point.lon) == pytest.approx((52.2085, -13.195333333))


def test_zero_zero_is_no_position(tmp_path: Path) -> None:
    info = read_info(photo(tmp_path, HERE | {2: (0.0, 0.0, 0.0), 4: (0.0, 0.0, 0.0)}))
    assert info.point is None
    assert "unknown position" in info.position_problem
    assert read_info(photo(tmp_path, HERE | {2: (0.0, 0.0, 0.0)})).point is not None


def test_no_exif_at_all(tmp_path: Path) -> None:
    info = read_info(photo(tmp_path))
    assert info == PhotoInfo(30, 20, None, "no position in EXIF or XMP", None, False, None, None)


def test_altitude_and_heading_may_be_nonsense(tmp_path: Path) -> None:
    lat = [NORTH, (2, 5, 3, rationals((52, 1), (12, 1), (0, 1)))]
    info = by_hand(tmp_path, [*lat, *GOOD_LON, (6, 5, 1, rationals((0, 0))), (17, 5, 1, rationals((400, 1)))])
    assert info.point.altitude is None
    assert info.heading is None
    odd = [(6, 12, 1, struct.pack(">d", float("nan"))), (17, 12, 1, struct.pack(">d", float("nan")))]
    info = by_hand(tmp_path, [*lat, *GOOD_LON, *odd])
    assert info.point.altitude is None
    assert info.heading is None
    assert by_hand(tmp_path, [(17, 5, 1, rationals((360, 1)))]).heading == 0.0


@pytest.mark.parametrize(
    ("gps", "camera", "expected"),
    [
        ({}, {0x9003: "2024:05:01 12:30:15"}, datetime(2024, 5, 1, 12, 30, 15)),
        (
            {},
            {0x9003: "2024:05:01 12:30:15", 0x9011: "+05:30"},
            datetime(2024, 5, 1, 12, 30, 15, tzinfo=timezone(timedelta(hours=5, minutes=30))),
        ),
        (
            {7: (10.0, 30.0, 15.5), 29: "2024:05:01"},
            {0x9003: "2024:05:01 12:30:15", 0x9011: "-02:00"},
            datetime(2024, 5, 1, 14, 30, 15, tzinfo=UTC),
        ),
        (
            {7: (10.0, 30.0, 15.5), 29: "2024:05:01"},
            {0x9003: "2024:05:01 12:30:15"},
            datetime(2024, 5, 1, 10, 30, 15, 500_000, tzinfo=UTC),
        ),
        ({7: (10.0, 30.0, 60.0), 29: "2024-12-31"}, {}, datetime(2024, 12, 31, 10, 31, tzinfo=UTC)),
        ({7: (25.0, 0.0, 0.0), 29: "2024:05:01"}, {}, None),
        ({7: (10.0, 0.0, 0.0)}, {}, None),
        ({7: (10.0, 0.0, 0.0), 29: "soon"}, {}, None),
        ({}, {0x9003: "0000:00:00 00:00:00"}, None),
        ({}, {0x9003: "    :  :     :  :  ", 0x9004: "2024:05:01 12:30:15", 0x9011: "Z"},
         datetime(2024, 5, 1, 12, 30, 15, tzinfo=UTC)),
        ({}, {0x9003: "2024:05:01 12:30:15", 0x9011: "here"}, datetime(2024, 5, 1, 12, 30, 15)),
        ({}, {0x9003: "2024:05:01 12:30:15", 0x9011: "+99:00"}, datetime(2024, 5, 1, 12, 30, 15)),
    ],
)  # fmt: skip
def test_times(tmp_path: Path, gps: dict, camera: dict, expected: datetime | None) -> None:
    time = read_info(photo(tmp_path, gps, camera)).time
    assert time == expected
    assert (time is None or time.tzinfo is None) == (expected is None or expected.tzinfo is None)


@pytest.mark.parametrize(
    ("maker", "model", "expected"),
    [
        ("Apple", "iPhone 15", "Apple iPhone 15"),
        ("Canon", "Canon EOS R5", "Canon EOS R5"),
        (None, None, None),
    ],
)
def test_camera(tmp_path: Path, maker: str | None, model: str | None, expected: str | None) -> None:
    main = {tag: value for tag, value in ((0x010F, maker), (0x0110, model)) if value}
    assert read_info(photo(tmp_path, main=main)).camera == expected


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_position_in_every_format(tmp_path: Path, format: str) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    exif.get_ifd(GPS).update(HERE)
    path = tmp_path / "photo.bin"
    if format == "TIFF":
        tags = ImageFileDirectory_v2()
        tags[GPS] = HERE
        Image.new("RGB", (30, 20)).save(path, format, tiffinfo=tags)
    else:
        Image.new("RGB", (30, 20)).save(path, format, exif=exif)
    point = read_info(path).point
    assert (point.lat, point.lon) == pytest.approx((52.2085, 13.195333333))


def test_position_in_heic(tmp_path: Path) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    exif = Image.Exif()
    exif.get_ifd(GPS).update(HERE)
    path = tmp_path / "photo.heic"
    pillow_heif.from_pillow(Image.new("RGB", (64, 64))).save(path, exif=exif.tobytes())
    point = read_info(path).point
    assert (point.lat, point.lon) == pytest.approx((52.2085, 13.195333333))


def test_position_in_an_imagemagick_png(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif.get_ifd(GPS).update(HERE)
    from PIL.PngImagePlugin import PngInfo

    block = exif.tobytes()
    for text, found in ((f"\nexif\n{len(block)}\n{block.hex()}\n", True), ("\nexif\n3\nxyz", False)):
        chunk = PngInfo()
        chunk.add_text("Raw profile type exif", text, zip=True)
        path = tmp_path / "photo.png"
        Image.new("RGB", (30, 20)).save(path, pnginfo=chunk)
        assert (read_info(path).point is not None) == found


def test_real_photos_agree_with_pillow(real_photos: Path) -> None:
    paths = sorted((real_photos / "street-gps").rglob("*.jpg"))
    assert len(paths) == 32
    for path in paths:
        with Image.open(path) as image:
            gps = image.getexif().get_ifd(GPS)
        point = read_info(path).point
        expected = [sum(float(v) / 60**i for i, v in enumerate(gps[tag])) for tag in (2, 4)]
        assert (point.lat, point.lon, point.altitude) == pytest.approx((*expected, float(gps[6])), abs=1e-9)


def test_a_directory_that_points_to_itself_ends() -> None:
    """No chain of directories is followed: a loop cannot be built."""
    from placeprint.photos import load

    block = b"Exif\0\0II*\0" + struct.pack("<IHHHII", 8, 1, GPS, 4, 1, 8) + struct.pack("<I", 8)
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "JPEG", exif=block)
    assert load(buffer.getvalue()).shape == (8, 8, 3)
