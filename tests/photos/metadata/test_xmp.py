"""XMP sidecars: written forms of coordinates, precedence over EXIF, merging, refusal of entities."""

from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from placeprint.errors import PhotoError
from placeprint.geo import GeoPoint
from placeprint.photos import find, read_info, write_sidecar
from placeprint.photos.metadata import declination
from placeprint.photos.metadata.coordinates import NoPositionError, parse_coordinate
from placeprint.photos.metadata.xmp.sidecar import read_sidecar, sidecar

HEAD = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
)
TAIL = '</rdf:RDF></x:xmpmeta>\n<?xpacket end="w"?>'
NAMES = (
    'xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"'
)


@pytest.fixture
def jpeg(tmp_path: Path) -> Path:
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (10.0, 0.0, 0.0), 3: "E", 4: (20.0, 0.0, 0.0), 16: "M", 17: 33.0})
    Image.new("RGB", (30, 20)).save(tmp_path / "photo.jpg", exif=exif)
    return tmp_path / "photo.jpg"


def described(attributes: str, elements: str = "") -> str:
    return f'{HEAD}<rdf:Description rdf:about="" {NAMES} {attributes}>{elements}</rdf:Description>{TAIL}'


@pytest.mark.parametrize(
    ("text", "axis", "reference", "expected"),
    [
        ("52,12.5N", "NS", None, 52 + 12.5 / 60),
        ("52,12.5S", "NS", None, -52 - 12.5 / 60),
        ("0,7,12.6W", "EW", None, -(7 / 60 + 12.6 / 3600)),
        ("52.25", "NS", None, 52.25),
        ("-0.125", "EW", None, -0.125),
        ("+0.125", "EW", None, 0.125),
        ("0.125", "EW", "W", -0.125),
        ("-0.125", "EW", "W", -0.125),
        ("52.25 n", "NS", None, 52.25),
        ("52,15N", "NS", "N", 52.25),
        ("52 deg 12' 30.00\" North", "NS", None, 52 + 12.5 / 60),
        ("S 52 12.5", "NS", None, -52 - 12.5 / 60),
        ("52.25", "NS", "south", -52.25),
        ("52° 12' 30\" N", "NS", None, 52 + 12.5 / 60),
        ("52/1,25/2,0/1N", "NS", None, 52 + 12.5 / 60),
    ],
)
def test_coordinates(text: str, axis: str, reference: str | None, expected: float) -> None:
    assert parse_coordinate(text, axis, reference) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "N",
        "x",
        "52,12.5",
        "52,12.5E",
        "52,61N",
        "1/0,2N",
        "1,2,3,4N",
        "nan",
        "52,12N5",
        "52,-12N",
        "1.2.3",
        "-52.25N",
        "52.25 Nord",
        "N52.25S",
        "1" * 200,
    ],
)
def test_not_coordinates(text: str) -> None:
    with pytest.raises(NoPositionError):
        parse_coordinate(text, "NS")


def test_attributes_and_elements_say_the_same(jpeg: Path) -> None:
    fields = {
        "exif:GPSLatitude": "52,12.34N",
        "exif:GPSLongitude": "0,7.5W",
        "exif:GPSAltitude": "123/10",
        "exif:GPSAltitudeRef": "1",
        "exif:GPSImgDirection": "9050/100",
        "exif:GPSImgDirectionRef": "T",
        "photoshop:DateCreated": "2024-05-01T12:30:15Z",
    }
    expected = GeoPoint(52 + 12.34 / 60, -7.5 / 60, -12.3)
    as_attributes = described(" ".join(f'{k}="{v}"' for k, v in fields.items()))
    as_elements = described("", "".join(f"<{k}>\n {v} </{k}>" for k, v in fields.items()))
    for text in (as_attributes, as_elements):
        for encoding in ("utf-8", "utf-16"):
            jpeg.with_name("photo.jpg.xmp").write_bytes(text.encode(encoding))
            info = read_info(jpeg)
            assert (info.point.lat, info.point.lon) == pytest.approx((expected.lat, expected.lon), abs=1e-12)
            assert info.point.altitude == pytest.approx(-12.3)
            assert (info.heading, info.magnetic) == (90.5, False)
            assert info.time == datetime(2024, 5, 1, 12, 30, 15, tzinfo=UTC)


def test_sidecar_goes_before_exif_field_by_field(jpeg: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declination, "_field", lambda year: None)
    assert (read_info(jpeg).point, read_info(jpeg).heading) == (GeoPoint(10.0, 20.0), 33.0)
    beside = jpeg.with_name("photo.xmp")
    beside.write_text(described('xmp:CreateDate="2024-05-01"'))
    info = read_info(jpeg)
    assert (info.point, info.heading, info.magnetic) == (GeoPoint(10.0, 20.0), 33.0, True)
    assert info.time == datetime(2024, 5, 1)
    beside.write_text(described('exif:GPSLatitude="-1.5" exif:GPSLongitude="2.5"'))
    assert (read_info(jpeg).point, read_info(jpeg).heading) == (GeoPoint(-1.5, 2.5), 33.0)
    jpeg.with_name("photo.jpg.xmp").write_text(described('exif:GPSLatitude="-3.5" exif:GPSLongitude="2.5"'))
    assert read_info(jpeg).point == GeoPoint(-3.5, 2.5)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (described('exif:GPSLatitude="95N" exif:GPSLongitude="2E"'), "not a place"),
        (described('exif:GPSLatitude="95x" exif:GPSLongitude="2E"'), "not a coordinate"),
        (described('exif:GPSLatitude="0,0N" exif:GPSLongitude="0,0E"'), "unknown position"),
        (described('exif:GPSLatitude="5N"'), "half a position"),
        ("<x>", "not a readable XMP"),
        ("", "not a readable XMP"),
        ('<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + described(""), "document type"),
    ],
)
def test_bad_sidecars_are_told_not_passed_over(jpeg: Path, content: str, reason: str) -> None:
    for encoding in ("utf-8", "utf-16"):
        jpeg.with_name("photo.jpg.xmp").write_bytes(content.encode(encoding) if content else b"")
        info = read_info(jpeg)
        assert info.point is None
        assert reason in info.position_problem
        (skipped,) = find(jpeg.parent).skipped
        assert reason in skipped.reason


def test_nonsense_beside_the_position_is_left_out(jpeg: Path) -> None:
    odd = 'exif:GPSAltitude="1/0" exif:GPSImgDirection="north" exif:DateTimeOriginal="soon"'
    jpeg.with_name("photo.xmp").write_text(described(f'exif:GPSLatitude="1.5" exif:GPSLongitude="2" {odd}'))
    info = read_info(jpeg)
    assert info.point == GeoPoint(1.5, 2.0)
    assert info.heading == 33.0
    assert info.time is None


@settings(deadline=None, max_examples=50)
@given(
    st.floats(-90, 90).filter(lambda x: abs(x) > 1e-6),
    st.floats(-180, 180),
    st.none() | st.floats(-400, 9000),
    st.none() | st.floats(0, 359.99),
)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    lat: float,
    lon: float,
    altitude: float | None,
    heading: float | None,
) -> None:
    photo = tmp_path_factory.getbasetemp() / "round.jpg"
    path = write_sidecar(photo, GeoPoint(lat, lon, altitude), heading)
    assert path.name == "round.jpg.xmp"
    found, content = read_sidecar(path), path.read_text()
    path.unlink()
    assert found.point is None
    assert "own estimate" in found.problem
    assert (found.refused.lat, found.refused.lon) == pytest.approx((lat, lon), abs=1e-9)
    assert found.refused.altitude == (None if altitude is None else pytest.approx(altitude, abs=1e-3))
    assert found.heading is None
    written = "" if heading is None else f"{round(heading * 100)}/100"
    assert written in content


def test_writing_keeps_everything_else(jpeg: Path) -> None:
    existing = described(
        'xmp:Rating="4" exif:GPSLatitude="1,0N" exif:GPSAltitude="5/1" exif:GPSLatitudeRef="S"',
        "<!-- by hand --><exif:GPSLongitude>2,0E</exif:GPSLongitude><dc:subject><rdf:Bag>"
        "<rdf:li>Straße &amp; Brücke</rdf:li></rdf:Bag></dc:subject>",
    )
    beside = jpeg.with_name("photo.xmp")
    beside.write_text(existing, encoding="utf-8")
    assert write_sidecar(jpeg, GeoPoint(52.25, -0.125)) == beside
    text = beside.read_text(encoding="utf-8")
    assert 'xmp:Rating="4"' in text
    assert "<!-- by hand -->" in text
    assert "Straße &amp; Brücke" in text
    assert text.count("exif:GPSLatitude") == text.count("exif:GPSLongitude") == 1
    assert "exif:GPSAltitude" not in text
    assert "W5M0MpCehiHzreSzNTczkc9d" in text
    (node,) = ElementTree.fromstring(text).iter("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description")
    exif = "{http://ns.adobe.com/exif/1.0/}"
    assert node.get(exif + "GPSLatitude") == "52,15.00000000N"
    assert node.get(exif + "GPSLongitude") == "0,7.50000000W"
    assert node.get(exif + "GPSProcessingMethod") == "placeprint"
    assert read_info(jpeg).point == GeoPoint(10.0, 20.0)  # the photo's own, not our estimate
    assert sorted(p.name for p in jpeg.parent.iterdir()) == ["photo.jpg", "photo.xmp"]
    once = beside.read_bytes()
    write_sidecar(jpeg, GeoPoint(52.25, -0.125))
    assert beside.read_bytes() == once


def test_a_damaged_sidecar_is_not_overwritten(jpeg: Path) -> None:
    for content in (b"<x>", f"{HEAD}{TAIL}".encode()):
        jpeg.with_name("photo.xmp").write_bytes(content)
        with pytest.raises(PhotoError, match=r"photo\.xmp"):
            write_sidecar(jpeg, GeoPoint(1.0, 2.0))
        assert jpeg.with_name("photo.xmp").read_bytes() == content


def test_sidecar_names(tmp_path: Path) -> None:
    photo = tmp_path / "a.jpg"
    assert sidecar(photo) is None
    for name in ("a.XMP", "a.xmp", "a.jpg.XMP", "a.jpg.xmp"):
        (tmp_path / name).write_text("")
        assert sidecar(photo).name.lower() == name.lower()
