"""Folders: what is found, in which order, with which position, and what is left out and why."""

import os
from pathlib import Path

import pytest
from photo_files import placed
from PIL import Image

from placeprint import progress
from placeprint.errors import PhotoError, PlaceprintError
from placeprint.photos import find


def jpeg(path: Path, lat: float | None = 10.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    if lat is not None:
        exif.get_ifd(0x8825).update({1: "N", 2: (lat, 0.0, 0.0), 3: "E", 4: (20.0, 0.0, 0.0)})
    Image.new("RGB", (8, 8)).save(path, "JPEG", exif=exif)
    return path


def test_a_folder_in_order(tmp_path: Path) -> None:
    jpeg(tmp_path / "z.jpg", 1)
    jpeg(tmp_path / "a" / "2.JPG", 2)
    jpeg(tmp_path / "a" / "1.Jpeg", 3)
    jpeg(tmp_path / "b@c" / "deep" / "@500000@0@31@N@@@pano@@90@@@@201706@@.jpg", None)
    jpeg(tmp_path / "no position.jpg", None)
    (tmp_path / "broken.jpg").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("not a photo")
    (tmp_path / "photos.csv").write_text("path\n")
    jpeg(tmp_path / ".hidden.jpg")
    jpeg(tmp_path / ".thumbnails" / "x.jpg")
    (tmp_path / "z.jpg.xmp").write_bytes(placed(4.0, 5.0))
    found = find(tmp_path)
    assert [(str(p.path.relative_to(tmp_path)), round(p.point.lat, 6)) for p in found.photos] == [
        ("a/1.Jpeg", 3.0),
        ("a/2.JPG", 2.0),
        ("b@c/deep/@500000@0@31@N@@@pano@@90@@@@201706@@.jpg", 0.0),
        ("z.jpg", 4.0),
    ]
    assert (found.photos[2].panorama, found.photos[2].heading) == ("pano", 90.0)
    assert {s.path.name: s.reason for s in found.skipped} == {
        "broken.jpg": "is empty (0 bytes)",
        "no position.jpg": "no position in EXIF or XMP",
    }
    assert found.ignored == 2
    queries = find(tmp_path, positions=False)
    assert [p.path.name for p in queries.photos if p.point is None] == ["no position.jpg"]
    assert [s.path.name for s in queries.skipped] == ["broken.jpg"]


def test_name_goes_before_sidecar_before_exif(tmp_path: Path) -> None:
    named = jpeg(tmp_path / "@500000@0@31@N@@@@@@@@@@@.jpg", 50)
    named.with_name(f"{named.name}.xmp").write_bytes(placed(40.0, 5.0))
    plain = jpeg(tmp_path / "plain.jpg", 50)
    plain.with_suffix(".xmp").write_bytes(placed(40.0, 5.0))
    jpeg(tmp_path / "z.jpg", 50)
    assert [round(p.point.lat, 6) for p in find(tmp_path).photos] == [0.0, 40.0, 50.0]


def test_a_utm_name_without_a_position(tmp_path: Path) -> None:
    path = jpeg(tmp_path / "@1@2@.jpg", None)
    assert "its name has no UTM zone" in find(path).skipped[0].reason
    assert find(path, positions=False).photos[0].point is None
    (tmp_path / "@500000@0@31@N@.jpg").write_bytes(b"")
    assert "empty" in find(tmp_path).skipped[1].reason
    with pytest.raises(PhotoError, match="empty"):
        find(tmp_path / "@500000@0@31@N@.jpg")


@pytest.mark.skipif(os.name != "posix", reason="links and pipes of POSIX")
def test_links(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "photos", tmp_path / "elsewhere"
    jpeg(folder / "a.jpg")
    jpeg(elsewhere / "far.jpg")
    (folder / "loop").symlink_to(folder)
    (folder / "sub").mkdir()
    (folder / "sub" / "up").symlink_to("..")
    (folder / "sub" / "way").symlink_to(elsewhere)
    (folder / "way again").symlink_to(elsewhere)
    (folder / "b.jpg").symlink_to("a.jpg")
    (folder / "gone.jpg").symlink_to("nowhere.jpg")
    (folder / "me.jpg").symlink_to("me.jpg")
    os.mkfifo(folder / "pipe.jpg")
    (folder / "dir.jpg").mkdir()
    found = find(folder)
    assert [p.path.name for p in found.photos] == ["a.jpg", "far.jpg"]
    reasons = {s.path.name: s.reason for s in found.skipped}
    assert reasons.keys() == {"b.jpg", "gone.jpg", "me.jpg", "pipe.jpg"}
    assert "same file" in reasons["b.jpg"]
    assert "pipe" in reasons["pipe.jpg"]


def test_unreadable_folder_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jpeg(tmp_path / "a.jpg")
    jpeg(tmp_path / "locked" / "b.jpg")
    scandir = os.scandir

    def denied(path):
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", denied)
    found = find(tmp_path)
    assert [p.path.name for p in found.photos] == ["a.jpg"]
    assert [(s.path.name, "Permission denied" in s.reason) for s in found.skipped] == [("locked", True)]


def test_one_photo_no_photo_and_nothing(tmp_path: Path) -> None:
    assert len(find(str(jpeg(tmp_path / "photo"))).photos) == 1
    (tmp_path / "empty").mkdir()
    assert find(tmp_path / "empty").photos == []
    for missing in ("nowhere", "nowhere.csv", "nowhere.jpg"):
        with pytest.raises(PhotoError, match="does not exist"):
            find(tmp_path / missing)
    with pytest.raises(PlaceprintError, match="no columns"):
        find(tmp_path, {"split": "val"})
    jpeg(tmp_path / "folder.csv" / "a.jpg")
    assert len(find(tmp_path / "folder.csv").photos) == 1


def test_quiet_says_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "LINE_EVERY", 0.0)
    jpeg(tmp_path / "a.jpg")
    assert len(find(tmp_path).photos) == 1
    assert "Reading positions: 1/1 photos" in capsys.readouterr().err
    assert len(find(tmp_path, quiet=True).photos) == 1
    assert capsys.readouterr().err == ""


def test_street_photos(real_photos: Path) -> None:
    found = find(real_photos / "street-gps")
    assert len([p for p in found.photos if p.path.parent.name == "lund"]) == 29
    assert len([p for p in found.photos if p.path.parent.name == "berlin"]) == 3
    assert not found.skipped
    lund = [p.point for p in found.photos if p.path.parent.name == "lund"]
    assert max(a.distance(b) for a in lund for b in lund) < 250
