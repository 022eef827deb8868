"""Fields of drones, of capture apps and of exports: each against what its writer means by it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from photo_files import XMP_HEAD, Tags, chunk, exif, gps, jpeg, placed, png, xmp

from placeprint.geo import GeoPoint
from placeprint.photos import find, read_info

CUT: Tags = {
    1: ("A", "N"), 2: ("R", [(44, 1), (30, 1), (0, 1)]), 3: ("A", "W"), 4: ("R", [(64, 1), (18, 1), (0, 1)]),
}  # fmt: skip
DJI = {"drone-dji:GpsLatitude": "+44.5135795", "drone-dji:AbsoluteAltitude": "+46.00"}


@pytest.mark.parametrize("spelled", ["GpsLongitude", "GpsLongtitude", "GPSLongitude", "GPSLongtitude"])
@pytest.mark.parametrize("as_elements", [False, True])
def test_dji(tmp_path: Path, spelled: str, as_elements: bool) -> None:
    fields = DJI | {f"drone-dji:{spelled}": "-64.3007844", "drone-dji:GimbalYawDegree": "-84.20"}
    fields |= {"drone-dji:FlightYawDegree": "+111.0"}
    packet = xmp(fields, as_elements=as_elements)
    info = read_info(jpeg(tmp_path / "a.jpg", exif(CUT), XMP_HEAD + packet))
    assert info.point == GeoPoint(44.5135795, -64.3007844, 46.0)
    assert (info.heading, info.magnetic, info.source) == (pytest.approx(275.8), False, "drone XMP")


def test_a_drone_without_a_position_of_its_own(tmp_path: Path) -> None:
    fields = {"drone-dji:GpsLatitude": "0.0", "drone-dji:GpsLongitude": "0.0"}
    info = read_info(jpeg(tmp_path / "a.jpg", exif(gps(10.0, 20.0)), XMP_HEAD + xmp(fields)))
    assert (info.point, info.source) == (GeoPoint(10.0, 20.0), "EXIF")


def test_where_a_drone_looked(tmp_path: Path) -> None:
    compass: Tags = {16: ("A", "T"), 17: ("R", [(50, 1)])}
    flight = {"drone-dji:FlightYawDegree": "+111.0"}
    cases = [
        ({"drone-dji:GimbalYawDegree": "-180.0"} | flight, {}, 180.0),
        (flight, {}, 111.0),
        (flight, compass, 50.0),
        ({"drone-parrot:CameraYawDegree": "-10", "drone-parrot:DroneYawDegree": "5"}, {}, 350.0),
        ({"Camera:Yaw": "-90/1"}, {}, 270.0),
        ({"Camera:Yaw": "north"}, compass, 50.0),
        ({"drone-dji:GimbalYawDegree": "1e9"}, {}, None),
    ]
    for fields, more, expected in cases:
        path = jpeg(tmp_path / "a.jpg", exif(gps(10.0, 20.0, more)), XMP_HEAD + xmp(fields))
        assert read_info(path).heading == expected, fields


def test_skydio(tmp_path: Path) -> None:
    turned = (
        "<drone-skydio:CameraOrientationNED rdf:parseType='Resource'>"
        "<drone-skydio:Yaw>-20.5</drone-skydio:Yaw>"
        "<drone-skydio:Pitch>-3</drone-skydio:Pitch></drone-skydio:CameraOrientationNED>"
    )
    fields = {"drone-skydio:Latitude": "37.5", "drone-skydio:Longitude": "-122.25"}
    info = read_info(jpeg(tmp_path / "a.jpg", XMP_HEAD + xmp(fields, turned)))
    assert (info.point, info.heading) == (GeoPoint(37.5, -122.25), 339.5)


@pytest.mark.parametrize(
    ("seconds", "fine", "expected"),
    [
        ([(12, 1)], (44.5034999, 44.5034999), "XMP"),  # whole seconds; XMP agrees within one
        ([(12, 1)], (44.504, 44.504), "EXIF"),  # XMP is elsewhere
        ([(125999, 10000)], (44.5034999, 44.5034999), "EXIF"),  # fine enough
        ([(0, 1)], (44.5165, 44.5), "XMP"),  # whole minutes
    ],
)
def test_the_more_precise_position_counts_where_both_agree(
    tmp_path: Path, seconds: list[tuple[int, int]], fine: tuple[float, float], expected: str
) -> None:
    tags = CUT | {
        2: ("R", [(44, 1), (30, 1), *seconds]),
        3: ("A", "E"),
        4: ("R", [(44, 1), (30, 1), *seconds]),
    }
    info = read_info(jpeg(tmp_path / "a.jpg", exif(tags), XMP_HEAD + placed(*fine)))
    assert info.source == expected
    if expected == "XMP":
        assert info.point == GeoPoint(*fine)


MAPILLARY = {
    "MAPLatitude": 52.6319, "MAPLongitude": 13.2951, "MAPAltitude": 54.8, "MAPGpsAccuracyMeters": 4.5,
    "MAPCompassHeading": {"TrueHeading": 256.8, "MagneticHeading": 252.0},
    "MAPCaptureTime": "2024_05_01_10_00_00_410",
}  # fmt: skip


@pytest.mark.parametrize("where", ["description", "comment"])
def test_mapillary(tmp_path: Path, where: str) -> None:
    text = json.dumps(MAPILLARY)
    photo: Tags = {0x010E: ("A", text)} if where == "description" else {}
    camera: Tags = {} if photo else {0x9286: ("U", b"ASCII\0\0\0" + text.encode())}
    info = read_info(jpeg(tmp_path / "a.jpg", exif(photo=photo, camera=camera)))
    assert info.point == GeoPoint(52.6319, 13.2951, 54.8)
    assert (info.heading, info.magnetic, info.accuracy) == (256.8, False, 4.5)
    assert info.time == datetime(2024, 5, 1, 10, 0, 0, 410_000, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["{", "[1]", '{"MAPLatitude": "x", "MAPLongitude": 1}',
             '{"MAPLatitude": 1e999, "MAPLongitude": 1}',
             '{"MAPLatitude": 52, "MAPLongitude": 13, "MAPCompassHeading": 7, "MAPCaptureTime": []}',
             '{"MAPLatitude": NaN, "MAPLongitude": true}', '{"MAP":' + "[" * 9000],
)  # fmt: skip
def test_nonsense_in_a_description(tmp_path: Path, text: str) -> None:
    info = read_info(jpeg(tmp_path / "a.jpg", exif(photo={0x010E: ("A", text)})))
    assert (info.point is None) == ("52" not in text)


def takeout(path: Path, geo: tuple[float, float], in_exif: tuple[float, float] = (0.0, 0.0)) -> None:
    def place(where: tuple[float, float]) -> dict[str, float]:
        return {"latitude": where[0], "longitude": where[1], "altitude": 0.0}

    said = {"title": "x", "photoTakenTime": {"timestamp": "1714557600"}}
    path.write_text(json.dumps(said | {"geoData": place(geo), "geoDataExif": place(in_exif)}))


LONG = "2024-05-01-10-00-00-000-long-name.jpg"
LONGER = "a-name-that-is-longer-than-forty-six-characters.jpg"


@pytest.mark.parametrize(
    ("photo", "beside"),
    [
        ("a.jpg", "a.jpg.json"),
        ("a.jpg", "a.jpg.supplemental-metadata.json"),
        ("a(1).jpg", "a.jpg(1).json"),
        ("a(1).jpg", "a.jpg.supplemental-metadata(1).json"),
        ("a(1).jpg", "a(1).jpg.json"),
        (LONG, f"{LONG}.suppleme.json"),
        (LONG.replace(".jpg", "(2).jpg"), f"{LONG}.suppleme(2).json"),
        (LONGER, f"{LONGER[:46]}.json"),
        ("a-edited.jpg", "a.jpg.json"),
        ("a-bearbeitet.jpg", "a.jpg.supplemental-metadata.json"),
        ("a-edited(1).jpg", "a.jpg(1).json"),
        ("A-EDITED.JPG", "A.JPG.json"),
    ],
)
def test_names_of_takeout(tmp_path: Path, photo: str, beside: str) -> None:
    jpeg(tmp_path / photo)
    assert len(Path(beside).stem) <= 51
    takeout(tmp_path / beside, (55.7081, 13.1912))
    info = read_info(tmp_path / photo)
    assert (info.point, info.source) == (GeoPoint(55.7081, 13.1912), "Google Takeout JSON")
    assert info.time == datetime(2024, 5, 1, 10, tzinfo=UTC)


def test_a_copy_does_not_take_the_json_of_its_original(tmp_path: Path) -> None:
    jpeg(tmp_path / "a.jpg")
    jpeg(tmp_path / "a(1).jpg")
    takeout(tmp_path / "a.jpg.json", (1.0, 2.0))
    assert [p.path.name for p in find(tmp_path).photos] == ["a.jpg"]
    takeout(tmp_path / "a.jpg(1).json", (3.0, 4.0))
    assert [p.point.lat for p in find(tmp_path).photos] == [3.0, 1.0]


def test_order_of_trust_of_takeout(tmp_path: Path) -> None:
    own = jpeg(tmp_path / "a.jpg", exif(gps(55.7086, 13.1916)))
    takeout(tmp_path / "a.jpg.json", (55.7090, 13.1920), (55.7086, 13.1916))
    assert read_info(own).point == GeoPoint(55.7090, 13.1920)  # moved by a person
    takeout(tmp_path / "a.jpg.json", (0.0, 0.0), (55.5, 13.5))
    assert read_info(own).point == GeoPoint(55.5, 13.5)
    takeout(tmp_path / "a.jpg.json", (0.0, 0.0))
    assert read_info(own).source == "EXIF"
    takeout(tmp_path / "a.jpg.json", (5.0, 6.0))
    (tmp_path / "a.jpg.xmp").write_bytes(placed(7.0, 8.0))
    assert read_info(own).point == GeoPoint(7.0, 8.0)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b'{"geoData": 5}', b'{"other": 1}', b"[" * 99999, b"\xff"]
)
def test_json_that_is_not_takeouts_says_nothing(tmp_path: Path, content: bytes) -> None:
    path = jpeg(tmp_path / "a.jpg", exif(gps(10.0, 20.0)))
    (tmp_path / "a.jpg.json").write_bytes(content)
    assert read_info(path).point == GeoPoint(10.0, 20.0)


@pytest.mark.parametrize(
    ("named", "theirs"),
    [
        ("JPG", {"a.jpg"}),
        ("jpeg", {"a.jpg"}),
        ("png", {"a.png"}),
        ("CR2", set()),
        ("", set()),
    ],
)
def test_a_sidecar_of_two_photos(tmp_path: Path, named: str, theirs: set[str]) -> None:
    """It belongs to the one it names; without a name to none of two finished pictures."""
    for name in ("a.jpg", "a.png"):
        if name == "a.png":
            png(tmp_path / name, chunk(b"eXIf", exif(gps(48.85, 2.35))[6:]))
        else:
            jpeg(tmp_path / name, exif(gps(48.85, 2.35)))
    more = {"photoshop:SidecarForExtension": named} if named else {}
    (tmp_path / "a.xmp").write_bytes(placed(55.72, 13.2, more))
    moved = {p.path.name for p in find(tmp_path).photos if p.point.lat > 50}
    assert moved == theirs
    assert len(find(tmp_path).photos) == 2


def test_a_sidecar_beside_a_raw_photo_is_that_ones(tmp_path: Path) -> None:
    photo = jpeg(tmp_path / "a.jpg", exif(gps(48.85, 2.35)))
    (tmp_path / "a.xmp").write_bytes(placed(55.72, 13.2))
    assert read_info(photo).point.lat == 55.72
    (tmp_path / "a.CR2").write_bytes(photo.read_bytes())
    assert read_info(photo).point.lat == pytest.approx(48.85)
    assert read_info(tmp_path / "a.CR2").point.lat == 55.72
