from pathlib import Path
from xml.etree import ElementTree

from PIL import Image

from placeprint.geo import GeoPoint
from placeprint.placemap.place import Answer, Place
from placeprint.reports import write_gpx

GPX = "{http://www.topografix.com/GPX/1/1}"
WAYPOINT = ["ele", "time", "name", "cmt", "desc", "src", "link", "sym", "type", "fix", "extensions"]


def test_waypoints_in_the_order_of_the_schema(tmp_path: Path, answers: list[Answer]) -> None:
    write_gpx(tmp_path / "out.gpx", answers)
    root = ElementTree.parse(tmp_path / "out.gpx").getroot()
    assert root.tag == f"{GPX}gpx"
    assert root.get("version") == "1.1"
    assert [child.tag for child in root] == [f"{GPX}metadata", f"{GPX}wpt"]
    (point,) = root.findall(f"{GPX}wpt")
    assert (float(point.get("lat", "")), float(point.get("lon", ""))) == (52.2053, 0.1219)
    at = [WAYPOINT.index(child.tag.removeprefix(GPX)) for child in point]
    assert at == sorted(at)
    assert point.find(f"{GPX}time") is None
    assert "estimate" in point.findtext(f"{GPX}name", "")
    assert "11.5" not in point.findtext(f"{GPX}name", "")
    assert "within 12 m with 90 %" in point.findtext(f"{GPX}desc", "")
    assert root.findtext(f"{GPX}metadata/{GPX}desc", "").startswith("2 of 3 photos without a match")


def test_longitude_180_is_written_as_the_schema_wants(tmp_path: Path) -> None:
    write_gpx(tmp_path / "out.gpx", [Place(GeoPoint(1.0, 180.0), 1.0, 2.0, 0.9)])
    root = ElementTree.parse(tmp_path / "out.gpx").getroot()
    assert float(root[1].get("lon", "")) == -180.0


def test_times_and_a_track_in_their_order(tmp_path: Path) -> None:
    places = []
    for name, clock, offset in (
        ("b", "12:00:05", None),
        ("a", "12:00:01", None),
        ("z", "14:00:03", "+02:00"),
    ):
        image = Image.new("RGB", (8, 8))
        exif = image.getexif()
        exif.get_ifd(0x8769)[0x9003] = f"2026:05:01 {clock}"
        if offset:
            exif.get_ifd(0x8769)[0x9011] = offset
        image.save(tmp_path / f"{name}.jpg", exif=exif)
        places.append(Place(GeoPoint(1.0, 2.0), 1.0, 2.0, 0.9, query=str(tmp_path / f"{name}.jpg")))
    write_gpx(tmp_path / "out.gpx", [*places, Place(GeoPoint(1.0, 2.0), 1.0, 2.0, 0.9)])
    root = ElementTree.parse(tmp_path / "out.gpx").getroot()
    times = [point.findtext(f"{GPX}time") for point in root.findall(f"{GPX}wpt")]
    assert times == ["2026-05-01T12:00:05", "2026-05-01T12:00:01", "2026-05-01T12:00:03Z", None]
    track = [t.text for t in root.findall(f"{GPX}trk/{GPX}trkseg/{GPX}trkpt/{GPX}time")]
    assert track == ["2026-05-01T12:00:01", "2026-05-01T12:00:03Z", "2026-05-01T12:00:05"]
    assert "camera's own clock" in root.findtext(f"{GPX}metadata/{GPX}desc", "")
