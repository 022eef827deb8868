"""Positions by the program ExifTool, if it is there."""

import shutil
import subprocess
from pathlib import Path

import pytest
from photo_files import exif, gps, jpeg
from PIL import Image

from placeprint.errors import PlaceprintError
from placeprint.photos import find
from placeprint.photos.metadata.exiftool import read_with_exiftool


def test_without_the_program_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(PlaceprintError, match="exiftool is not installed"):
        read_with_exiftool([Path("a.jpg")])


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="the program exiftool is not installed")
def test_it_reads_what_we_read_and_is_asked_only_about_silent_photos(tmp_path: Path) -> None:
    east = exif(gps(-33.5, 151.25, {16: ("A", "M"), 17: ("R", [(450, 1)])}))
    photo = jpeg(tmp_path / "ä -x.jpg", east)
    void = jpeg(tmp_path / "void.jpg", exif(gps(1.0, 2.0, {9: ("A", "V")})))
    bare = jpeg(tmp_path / "bare.jpg")
    (record,) = read_with_exiftool([photo, void, bare]).values()
    ours = find(photo).photos[0] if find(photo).photos else None
    assert record.point is not None
    assert (record.point.lat, record.point.lon) == pytest.approx((-33.5, 151.25))
    assert record.magnetic
    assert ours is None or ours.point is None or ours.point.distance(record.point) < 0.01
    found = find(tmp_path, exiftool=True)
    assert {r.path.name: r.source for r in found.photos} == {photo.name: "EXIF"}
    assert {s.path.name for s in found.skipped} == {"void.jpg", "bare.jpg"}
    picture = tmp_path / "only.gif"
    Image.new("P", (40, 30)).save(picture)
    write = ["exiftool", "-q", "-XMP:GPSLatitude=55.7", "-XMP:GPSLongitude=13.2", "-overwrite_original"]
    subprocess.run([*write, str(picture)], check=True)
    assert not find(picture).photos
    (placed,) = find(picture, exiftool=True).photos
    assert placed.source == "exiftool"
    assert placed.point is not None
    assert (placed.point.lat, placed.point.lon) == pytest.approx((55.7, 13.2))
