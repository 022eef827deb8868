"""Situations that people reported, built anew: what becomes a reference, where, and why not."""

import json
import sys
from pathlib import Path

import pytest
from photo_files import XMP_HEAD, Tags, chunk, exif, gps, jpeg, picture, placed, png, xmp

from placeprint.geo import GeoPoint
from placeprint.photos import find, load, write_sidecar


def where(folder: Path) -> dict[str, tuple[float, float]]:
    """The references of a folder, by name."""
    return {p.path.name: (round(p.point.lat, 6), round(p.point.lon, 6)) for p in find(folder).photos}


def reasons(folder: Path) -> dict[str, str]:
    return {s.path.name: s.reason for s in find(folder).skipped}


def test_a_position_in_xmp_alone(tmp_path: Path) -> None:
    fields = {"exif:GPSLatitude": "54,28.5000N", "exif:GPSLongitude": "13,26.4000E"}
    packet = xmp(fields | {"exif:GPSImgDirection": "90/1", "exif:GPSImgDirectionRef": "T"})
    jpeg(tmp_path / "a.jpg", exif(photo={0x010F: ("A", "Maker")}), XMP_HEAD + packet)
    png(tmp_path / "b.png", b"", chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet))
    picture().save(tmp_path / "c.webp", xmp=packet)
    picture().save(tmp_path / "d.avif", xmp=packet)
    picture().save(tmp_path / "e.tif", tiffinfo={700: packet})
    found = find(tmp_path)
    assert set(where(tmp_path).values()) == {(54.475, 13.44)}
    assert [(p.heading, p.source) for p in found.photos] == [(90.0, "XMP")] * 5


def test_four_photos_of_a_drone_lie_at_four_places(tmp_path: Path) -> None:
    cut: Tags = {
        1: ("A", "N"), 2: ("R", [(44, 1), (30, 1), (0, 1)]),
        3: ("A", "W"), 4: ("R", [(64, 1), (18, 1), (0, 1)]),
    }  # fmt: skip
    for k in range(4):
        fields = {
            "drone-dji:GpsLatitude": f"{44.5135795 + k * 4e-4:+.7f}",
            "drone-dji:GpsLongtitude": f"{-64.3007844 + k * 6e-4:+.7f}",
            "drone-dji:GimbalYawDegree": f"{-84.2 + k:+.2f}",
        }
        jpeg(tmp_path / f"DJI_{k}.JPG", exif(cut), XMP_HEAD + xmp(fields))
    found = find(tmp_path).photos
    assert [p.point.lat for p in found] == pytest.approx([44.5135795 + k * 4e-4 for k in range(4)], abs=1e-9)
    assert [p.heading for p in found] == pytest.approx([275.8, 276.8, 277.8, 278.8])


def test_an_export_of_google_photos(tmp_path: Path) -> None:
    def one(name: str, side: str, geo: tuple[float, float], own: Tags | None = None) -> None:
        jpeg(tmp_path / name, exif(own, photo={0x010F: ("A", "Maker")}))
        place = {"latitude": geo[0], "longitude": geo[1], "altitude": 0.0}
        said = {"photoTakenTime": {"timestamp": "1714557600"}, "geoData": place}
        (tmp_path / side).write_text(json.dumps(said))

    one("1.JPG", "1.JPG.supplemental-metadata.json", (55.7081, 13.1912))
    one("2.JPG", "2.JPG.json", (55.7082, 13.1913))
    one("3(1).JPG", "3.JPG.supplemental-metadata(1).json", (55.7083, 13.1914))
    one("4.JPG", "4.JPG.supplemental-metadata.json", (0.0, 0.0))
    one("5.JPG", "5.JPG.json", (55.709, 13.192), gps(55.7086, 13.1916))
    assert where(tmp_path) == {
        "1.JPG": (55.7081, 13.1912), "2.JPG": (55.7082, 13.1913), "3(1).JPG": (55.7083, 13.1914),
        "5.JPG": (55.709, 13.192),
    }  # fmt: skip
    assert reasons(tmp_path) == {"4.JPG": "no position in EXIF or XMP"}


def test_mapillarys_description(tmp_path: Path) -> None:
    said = {"MAPCompassHeading": {"TrueHeading": 256.8}, "MAPLatitude": 52.6319, "MAPLongitude": 13.2951}
    jpeg(tmp_path / "a.jpg", exif(photo={0x010E: ("A", json.dumps(said))}))
    (photo,) = find(tmp_path).photos
    assert (photo.point, photo.heading) == (GeoPoint(52.6319, 13.2951), 256.8)


def test_a_sidecar_moves_only_its_own_photo(tmp_path: Path) -> None:
    jpeg(tmp_path / "1.jpg", exif(gps(55.70, 13.19)))
    png(tmp_path / "1.png", chunk(b"eXIf", exif(gps(48.85, 2.35))[6:]))
    (tmp_path / "1.xmp").write_bytes(placed(55.72, 13.2, {"photoshop:SidecarForExtension": "JPG"}))
    jpeg(tmp_path / "2.jpg", exif(gps(55.70, 13.19)))
    (tmp_path / "2.xmp").write_bytes(placed(55.72, 13.2, {"photoshop:SidecarForExtension": "CR2"}))
    assert where(tmp_path) == {"1.jpg": (55.72, 13.2), "1.png": (48.85, 2.35), "2.jpg": (55.7, 13.19)}


def test_our_own_estimate_is_left_out_and_said(tmp_path: Path) -> None:
    write_sidecar(jpeg(tmp_path / "q.jpg"), GeoPoint(55.7, 13.19))
    assert where(tmp_path) == {}
    assert reasons(tmp_path) == {"q.jpg": "sidecar: position is placeprint's own estimate"}
    assert [p.point for p in find(tmp_path, positions=False).photos] == [None]


def test_raw_without_a_preview_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rawpy", None)
    path = tmp_path / "a.CR3"
    path.write_bytes(b"\0\0\0\x18ftypcrx " + bytes(100))
    (skipped,) = find(path).skipped
    assert "RAW photo with no preview" in skipped.reason


def test_wrong_endings_change_nothing(tmp_path: Path) -> None:
    packet = placed(54.475, 13.44)
    picture().save(tmp_path / "a.png", "WEBP", xmp=packet)
    jpeg(tmp_path / "b.png", XMP_HEAD + packet)
    assert set(where(tmp_path).values()) == {(54.475, 13.44)}
    assert load(tmp_path / "a.png").shape == (48, 64, 3)
