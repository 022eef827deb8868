"""What a photo says of its own doubt: refused, converted, passed on, never read as more than it is."""

import math
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from photo_files import XMP_HEAD, Tags, exif, gps, jpeg, placed, xmp

from placeprint.geo import GeoPoint
from placeprint.photos import find, read_info, write_sidecar
from placeprint.photos.metadata import declination as module
from placeprint.photos.metadata.declination import declination

LUND = (55.7081, 13.1912)


def info(folder: Path, more: Tags, where: tuple[float, float] = LUND, camera: Tags | None = None):
    return read_info(jpeg(folder / "photo.jpg", exif(gps(*where, more), camera)))


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({31: ("R", [(65, 10)])}, 6.5),
        ({11: ("R", [(3, 1)])}, 15.0),
        ({31: ("R", [(65, 10)]), 11: ("R", [(3, 1)])}, 6.5),
        ({27: ("U", b"ASCII\0\0\0CELLID")}, 1000.0),
        ({27: ("U", b"ASCII\0\0\0MANUAL")}, None),
        ({27: ("U", b"ASCII\0\0\0GPS"), 30: ("H", [1]), 9: ("A", "A")}, None),
        ({31: ("R", [(1, 0)])}, None),
        ({}, None),
    ],
)
def test_radius(tmp_path: Path, more: Tags, expected: float | None) -> None:
    found = info(tmp_path, more)
    assert found.point is not None
    assert found.accuracy == expected


def test_a_position_that_is_worse_than_a_neighborhood_is_no_reference(tmp_path: Path) -> None:
    jpeg(tmp_path / "coarse.jpg", exif(gps(*LUND, {31: ("R", [(1414, 1)])})))
    jpeg(tmp_path / "fine.jpg", exif(gps(*LUND, {31: ("R", [(65, 1)])})))
    found = find(tmp_path)
    assert [(p.path.name, p.accuracy, p.source) for p in found.photos] == [("fine.jpg", 65.0, "EXIF")]
    assert [s.reason for s in found.skipped] == ["its position is only good to 1,414 m, as it says itself"]
    assert len(find(tmp_path, positions=False).photos) == 2


def test_void(tmp_path: Path) -> None:
    found = info(tmp_path, {9: ("A", "V")})
    assert found.point is None
    assert "void" in found.position_problem
    copied = jpeg(tmp_path / "copied.jpg", exif(gps(*LUND, {9: ("A", "V")})), XMP_HEAD + placed(*LUND))
    assert read_info(copied).point is None
    measured = jpeg(
        tmp_path / "measured.jpg", exif(gps(*LUND, {9: ("A", "V")})), XMP_HEAD + placed(50.0, 8.0)
    )
    assert read_info(measured).point == GeoPoint(50.0, 8.0)


def test_two_dimensions_have_no_altitude(tmp_path: Path) -> None:
    height: Tags = {6: ("R", [(90, 1)])}
    assert info(tmp_path, height | {10: ("A", "3")}).point.altitude == 90.0
    assert info(tmp_path, height | {10: ("A", "2")}).point.altitude is None


@pytest.mark.parametrize(
    ("reference", "expected"), [(None, 12.5), (0, 12.5), (1, -12.5), (2, 12.5), (3, -12.5)]
)
def test_references_of_altitude_until_exif_3(tmp_path: Path, reference: int | None, expected: float) -> None:
    more: Tags = {6: ("R", [(125, 10)])} | ({} if reference is None else {5: ("B", [reference])})
    assert info(tmp_path, more).point.altitude == expected
    fields = {"exif:GPSAltitude": "125/10"} | (
        {} if reference is None else {"exif:GPSAltitudeRef": str(reference)}
    )
    path = jpeg(tmp_path / "xmp.jpg", XMP_HEAD + placed(*LUND, fields))
    assert read_info(path).point.altitude == expected


@pytest.mark.parametrize("datum", ["WGS-84", "WGS84", "wgs 84", "", "ETRS89", "ITRF2014", "unknown"])
def test_datums_that_need_nothing(tmp_path: Path, datum: str) -> None:
    point = info(tmp_path, {18: ("A", datum)}).point
    assert (point.lat, point.lon) == pytest.approx(LUND, abs=1e-6)


@pytest.mark.parametrize(
    ("datum", "where", "shift"),
    [  # meters by which the datum is off there, from published three-parameter shifts
        ("TOKYO", (35.68, 139.77), 450.0),
        ("ED50", (48.85, 2.35), 130.0),
        ("NAD-27", (40.0, -100.0), 40.0),
    ],
)
def test_other_datums_are_converted(
    tmp_path: Path, datum: str, where: tuple[float, float], shift: float
) -> None:
    point = info(tmp_path, {18: ("A", datum)}, where).point
    assert point.distance(GeoPoint(*where)) == pytest.approx(shift, rel=0.25)
    in_xmp = read_info(jpeg(tmp_path / "x.jpg", XMP_HEAD + placed(*where, {"exif:GPSMapDatum": datum})))
    assert in_xmp.point.distance(point) < 0.1


def test_a_tokyo_position_agrees_with_the_published_shift(tmp_path: Path) -> None:
    """Bessel 1841 moved by (-148, 507, 685) m, as NIMA TR8350.2 has it for the mean of Japan."""
    lat, lon = 35.68, 139.77

    def cartesian(a: float, f: float) -> list[float]:
        p, q = math.radians(lat), math.radians(lon)
        n = a / math.sqrt(1 - f * (2 - f) * math.sin(p) ** 2)
        up = n * (1 - f * (2 - f)) * math.sin(p)
        return [n * math.cos(p) * math.cos(q), n * math.cos(p) * math.sin(q), up]

    x, y, z = (u + v for u, v in zip(cartesian(6377397.155, 1 / 299.1528128), (-148, 507, 685), strict=True))
    f = 1 / 298.257223563
    e2, r = f * (2 - f), math.hypot(x, y)
    phi = math.atan2(z, r * (1 - e2))
    for _ in range(5):
        n = 6378137.0 / math.sqrt(1 - e2 * math.sin(phi) ** 2)
        phi = math.atan2(z + e2 * n * math.sin(phi), r)
    expected = GeoPoint(math.degrees(phi), math.degrees(math.atan2(y, x)))
    assert info(tmp_path, {18: ("A", "TOKYO")}, (lat, lon)).point.distance(expected) < 12.0


def test_an_unknown_datum_is_refused(tmp_path: Path) -> None:
    found = info(tmp_path, {18: ("A", "MOON-2000")})
    assert found.point is None
    assert "datum 'MOON-2000' is not known" in found.position_problem


@pytest.mark.parametrize(
    ("latitude", "letter"),
    [
        (("SR", [(-339, 10)]), "N"),
        (("SR", [(-33, 1), (54, 1), (0, 1)]), "N"),
        (("D", [-33.9]), "N"),
        (("A", "-33.9"), "N"),
        (("A", "33.9 S"), "N"),
        (("A", "N 33.9 S"), ""),
    ],
)
def test_contradicting_hemispheres_are_refused(
    tmp_path: Path, latitude: tuple[str, object], letter: str
) -> None:
    tags = gps(33.9, 18.42) | {1: ("A", letter), 2: latitude}
    found = read_info(jpeg(tmp_path / "a.jpg", exif(tags)))
    assert found.point is None
    assert "contradict" in found.position_problem
    sure = read_info(jpeg(tmp_path / "b.jpg", exif(tags), XMP_HEAD + placed(-33.9, 18.42)))
    assert sure.point.lat == pytest.approx(-33.9)


@pytest.mark.parametrize("word", ["s", "S", "South", "SOUTH", "south\0"])
@pytest.mark.parametrize("latitude", [("R", [(339, 10)]), ("SR", [(-339, 10)]), ("D", [-33.9])])
def test_letters_and_words_that_agree(tmp_path: Path, word: str, latitude: tuple[str, object]) -> None:
    tags = gps(33.9, 18.42) | {1: ("A", word), 2: latitude}
    assert read_info(jpeg(tmp_path / "a.jpg", exif(tags))).point.lat == pytest.approx(-33.9)


def test_exif_and_xmp_in_opposite_hemispheres(tmp_path: Path) -> None:
    found = read_info(jpeg(tmp_path / "a.jpg", exif(gps(33.9, 18.42)), XMP_HEAD + placed(-33.9, 18.42)))
    assert found.point is None
    assert found.position_problem == "EXIF and XMP name opposite hemispheres"
    same = read_info(jpeg(tmp_path / "b.jpg", exif(gps(33.9, 18.42)), XMP_HEAD + placed(33.9, 18.42)))
    assert same.point.lat == pytest.approx(33.9)
    greenwich = (51.4778, 0.0004)
    across = jpeg(tmp_path / "c.jpg", exif(gps(*greenwich)), XMP_HEAD + placed(51.4778, -0.0004))
    assert read_info(across).point.lon == pytest.approx(0.0004)  # a few meters apart, no contradiction


@pytest.mark.parametrize(
    "method",
    [
        b"ASCII\0\0\0placeprint",
        b"\0\0\0\0\0\0\0\0placeprint 0.2",
        b"UNICODE\0" + "placeprint".encode("utf-16-le"),
        b"UNICODE\0" + "placeprint".encode("utf-16-be"),
        b"placeprint",
        b"ASCII\0\0\0Placeprint\0\0\0",
    ],
)
def test_our_own_estimate_is_never_truth(tmp_path: Path, method: bytes) -> None:
    tags = gps(*LUND, {27: ("U", method)})
    path = jpeg(tmp_path / "a.jpg", exif(tags))
    assert read_info(path).position_problem == "EXIF: position is placeprint's own estimate"
    copied = jpeg(tmp_path / "b.jpg", exif(tags), XMP_HEAD + placed(*LUND))
    assert read_info(copied).point is None  # what a program copied from EXIF into XMP
    measured = jpeg(tmp_path / "c.jpg", exif(tags), XMP_HEAD + placed(55.72, 13.2))
    assert read_info(measured).point == GeoPoint(55.72, 13.2)
    assert [s.reason for s in find(tmp_path).skipped] == ["EXIF: position is placeprint's own estimate"] * 2


def test_our_own_sidecar_is_never_truth(tmp_path: Path) -> None:
    bare = jpeg(tmp_path / "bare.jpg")
    write_sidecar(bare, GeoPoint(*LUND))
    assert "own estimate" in read_info(bare).position_problem
    own = jpeg(tmp_path / "own.jpg", exif(gps(50.0, 8.0)))
    write_sidecar(own, GeoPoint(*LUND), heading=12.0)
    assert (read_info(own).point, read_info(own).heading) == (GeoPoint(50.0, 8.0), None)
    embedded = jpeg(tmp_path / "embedded.jpg", XMP_HEAD + own.with_name("own.jpg.xmp").read_bytes())
    assert "own estimate" in read_info(embedded).position_problem
    assert [p.path.name for p in find(tmp_path).photos] == ["own.jpg"]


def test_magnetic_headings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: Tags = {0x9003: ("A", "2024:07:01 12:00:00"), 0x9011: ("A", "+00:00")}
    compass: Tags = {16: ("A", "M"), 17: ("R", [(3590, 10)])}
    pytest.importorskip("pygeomag")
    found = info(tmp_path, compass, camera=taken)
    east = declination(GeoPoint(*LUND), datetime(2024, 7, 1, 12, tzinfo=UTC))
    assert 4.0 < east < 6.5
    assert (found.heading, found.magnetic) == (pytest.approx(359.0 + east - 360.0), False)
    assert found.source == f"EXIF; magnetic heading corrected by {east:+.1f}°"
    assert info(tmp_path, compass).magnetic  # no time
    assert info(tmp_path, compass, camera={0x9003: ("A", "1995:07:01 12:00:00")}).heading == 359.0
    true = info(tmp_path, compass | {16: ("A", "T")}, camera=taken)
    assert (true.heading, true.source) == (359.0, "EXIF")
    monkeypatch.setattr(module, "_field", module._field.__wrapped__)
    monkeypatch.setitem(sys.modules, "pygeomag", None)
    without = info(tmp_path, compass, camera=taken)
    assert (without.heading, without.magnetic, without.source) == (359.0, True, "EXIF")
    (record,) = find(tmp_path / "photo.jpg").photos
    assert record.magnetic


@pytest.mark.parametrize(
    ("place", "time", "expected"),
    [  # NOAA's test values of the World Magnetic Model, at height 0
        (GeoPoint(80.0, 0.0), 2020.0, -1.28),
        (GeoPoint(0.0, 120.0), 2020.0, 0.16),
        (GeoPoint(-80.0, -120.0), 2020.0, 69.36),
        (GeoPoint(80.0, 0.0), 2025.0, 1.28),
        (GeoPoint(0.0, 120.0), 2025.0, -0.16),
        (GeoPoint(-80.0, -120.0), 2025.0, 68.78),
    ],
)
def test_declination_is_the_published_one(place: GeoPoint, time: float, expected: float) -> None:
    pytest.importorskip("pygeomag")
    found = declination(place, datetime(int(time), 1, 1, tzinfo=UTC))
    assert found == pytest.approx(expected, abs=0.02)
    assert declination(place, datetime(2031, 1, 1)) is None
    assert declination(GeoPoint(86.0, 140.0), datetime(2020, 1, 1)) is None  # a compass points anywhere


def test_xmp_says_its_doubt_too(tmp_path: Path) -> None:
    fields = {
        "exif:GPSHPositioningError": "25/10",
        "exif:GPSImgDirection": "10",
        "exif:GPSImgDirectionRef": "M",
    }
    found = read_info(jpeg(tmp_path / "a.jpg", XMP_HEAD + placed(*LUND, fields)))
    assert (found.accuracy, found.heading, found.magnetic) == (2.5, 10.0, True)
    void = read_info(jpeg(tmp_path / "b.jpg", XMP_HEAD + placed(*LUND, {"exif:GPSStatus": "V"})))
    assert "void" in void.position_problem
    refused = read_info(
        jpeg(
            tmp_path / "c.jpg",
            XMP_HEAD
            + xmp({"exif:GPSLatitude": "33.9", "exif:GPSLongitude": "18E", "exif:GPSLatitudeRef": "x"}),
        )
    )
    assert "neither N nor S" in refused.position_problem
