"""What `write_sidecar` wrote is taken back, and nothing else."""

from pathlib import Path

import pytest
from PIL import Image

from placeprint.geo import GeoPoint
from placeprint.photos import read_info, remove_estimate, write_sidecar

X = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
FOREIGN = (
    f'{X}<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
    'xmlns:exif="http://ns.adobe.com/exif/1.0/" xmp:Rating="4" exif:GPSAltitude="5/1" exif:GPSStatus="V">'
    "<exif:GPSImgDirection>90/1</exif:GPSImgDirection></rdf:Description></rdf:RDF></x:xmpmeta>"
)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg")
    return tmp_path / "a.jpg"


def test_a_sidecar_of_ours_is_deleted_and_one_of_others_is_as_before(photo: Path) -> None:
    assert remove_estimate(photo) is None
    assert write_sidecar(photo, GeoPoint(1.0, 2.0), dry_run=True).name == "a.jpg.xmp"
    assert [p.name for p in photo.parent.iterdir()] == ["a.jpg"]
    beside = write_sidecar(photo, GeoPoint(1.0, 2.0), 45.0)
    write_sidecar(photo, GeoPoint(3.0, 4.0))
    assert read_info(photo).point is None
    assert remove_estimate(photo, dry_run=True) == beside
    assert beside.exists()
    remove_estimate(photo)
    assert not beside.exists()
    beside.write_text(FOREIGN)
    write_sidecar(photo, GeoPoint(1.0, 2.0))
    write_sidecar(photo, GeoPoint(3.0, 4.0), 10.0)
    assert "GPSLatitude" in beside.read_text()
    assert remove_estimate(photo) == beside
    text = beside.read_text()
    assert 'xmp:Rating="4"' in text
    assert 'exif:GPSAltitude="5/1"' in text
    assert 'exif:GPSStatus="V"' in text
    assert "90/1" in text
    assert not any(word in text for word in ("Latitude", "Processing", "placeprint", "MapDatum"))
    assert remove_estimate(photo) is None


def test_what_another_program_wrote_since_stays(photo: Path) -> None:
    beside = write_sidecar(photo, GeoPoint(1.0, 2.0))
    text = beside.read_text().replace('GPSLatitude="1,0.00000000N"', 'GPSLatitude="7,0.5N"')
    beside.write_text(text.replace('rdf:about=""', 'rdf:about="" xmlns:q="urn:q" q:kept="yes"', 1))
    remove_estimate(photo)
    left = beside.read_text()
    assert "7,0.5N" in left
    assert 'q:kept="yes"' in left
    assert "Longitude" not in left


def test_a_damaged_journal_leaves_foreign_fields(photo: Path) -> None:
    beside = write_sidecar(photo, GeoPoint(1.0, 2.0))
    text = beside.read_text()
    start = text.index('placeprint:before="')
    end = text.index('"', start + 19)
    beside.write_text(text[:start] + 'placeprint:before="[' + text[end:])
    remove_estimate(photo)
    assert "GPSLatitude" not in beside.read_text()
