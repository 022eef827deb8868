"""Folders: what is found, in which order, with which position, and what is left out and why."""

import os
from pathlib import Path

import pytest
from photo_files import placed
from PIL import Image

from placeprint import progress
from placeprint.errors import PhotoError, PlaceprintError
from placeprint.geo import GeoPoint
from placeprint.photos import find
from placeprint.photos.left_out import kinds_in_words, reasons_in_words


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
    assert found.ignored == {".txt": 1, ".csv": 1, "hidden": 1, ".thumbnails/": 1}
    assert "is not used: it lists nothing" in found.notes[0]
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


def test_what_is_no_photo_is_counted_by_kind(tmp_path: Path) -> None:
    jpeg(tmp_path / "a.jpg")
    for name in (
        "a.MOV",
        "b.mp4",
        "c.NEF",
        "d.pdf",
        "e.zip",
        "README",
        "._a.jpg",
        "Thumbs.db",
        ".x.jpg",
        "a.AAE",
    ):
        (tmp_path / name).write_bytes(b"x")
    for name in ("other.xmp", "a.jpg.json", "a.jpg.supplemental-metadata.json", "other.json"):
        (tmp_path / name).write_bytes(b"{}")
    system = ("@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information", ".Trash-1000", "__MACOSX",
              ".thumbnails", "#snapshot", "lost+found", "Previews.lrdata", "@Recently-Snapshot")  # fmt: skip
    for name in system:
        jpeg(tmp_path / name / "deep" / "x.jpg")
    found = find(tmp_path)
    assert [p.path.name for p in found.photos] == ["a.jpg"]
    kinds = {".mov": 1, ".mp4": 1, ".nef": 1, ".pdf": 1, ".zip": 1, "": 1, ".aae": 1, ".json": 1, "hidden": 1}
    kinds |= {"system file": 2, "*.lrdata/": 1}
    assert found.ignored == kinds | {f"{name}/": 1 for name in system if name != "Previews.lrdata"}
    words = kinds_in_words(found.ignored)
    for said in ("1 .mov video,", "1 .nef RAW photo", "1 file without an extension", "2 files of the system",
                 "1 folder of the system (@eaDir)", "1 hidden file or folder"):  # fmt: skip
        assert said in words, words
    assert kinds_in_words({".mov": 3, ".dng": 2, ".psd": 2}) == (
        "3 .mov videos, 2 .dng RAW photos, 2 .psd pictures of another kind"
    )
    assert kinds_in_words({}) == ""


def test_exclude_names_paths_and_folders(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.png.jpg", "private/c.jpg", "trip/d.jpg", "trip/small/e.jpg", "trip/f_thumb.jpg"):
        jpeg(tmp_path / name)
    for globs, left in (
        (["private"], {"c.jpg"}), (["private/"], {"c.jpg"}), (["*_thumb*"], {"f_thumb.jpg"}),
        (["trip/*"], {"d.jpg", "e.jpg", "f_thumb.jpg"}), (["trip/small", "a.*"], {"a.jpg", "e.jpg"}),
        ([], set()),
    ):  # fmt: skip
        names = {p.path.name for p in find(tmp_path, exclude=globs).photos}
        assert names == {"a.jpg", "b.png.jpg", "c.jpg", "d.jpg", "e.jpg", "f_thumb.jpg"} - left, globs
    assert find(tmp_path, exclude=["private", "*.jpg"]).ignored == {"excluded": 6}


def test_reasons_are_counted() -> None:
    reasons = ["no position in EXIF"] * 3 + [
        "does not exist (line 2 of x.csv)",
        "does not exist (line 9 of x.csv)",
    ]
    reasons += [
        "lat 'x' is not a coordinate (line 3 of x.csv)",
        "lat 'y' is not a coordinate (line 4 of x.csv)",
    ]
    said = "3 x no position in EXIF; 2 x does not exist; 2 x lat 'x' is not a coordinate"
    assert reasons_in_words(reasons) == said
    assert reasons_in_words(map(chr, range(97, 107)), shown=2) == "1 x a; 1 x b; and 8 other reasons"


def test_a_folders_list_says_where_its_photos_were_taken(tmp_path: Path) -> None:
    jpeg(tmp_path / "a.jpg", 50)
    jpeg(tmp_path / "b.jpg", 51)
    table = tmp_path / "photos.csv"
    table.write_text("path,lat,lon,split\na.jpg,1,2,val\n")
    found = find(tmp_path)
    assert [(p.path.name, p.point) for p in found.photos] == [("a.jpg", GeoPoint(1.0, 2.0))]
    assert found.notes == [f"positions are those of {table}; 1 photos in the folder are not listed in it"]
    assert find(tmp_path, {"split": "train"}).photos == []
    assert len(find(tmp_path, positions=False).photos) == 2
    table.write_text("title,city\nx,y\n")
    found = find(tmp_path)
    assert [round(p.point.lat) for p in found.photos] == [50, 51]
    assert "is not used, and positions are read from the photos" in found.notes[0]
    table.write_text("path,lat,lon\na.jpg,120,2\nb.jpg,121,2\n")
    with pytest.raises(PlaceprintError, match="look swapped"):
        find(tmp_path)


def test_a_list_in_a_folder_without_positions_is_named(tmp_path: Path) -> None:
    jpeg(tmp_path / "a.jpg", None)
    (tmp_path / "geo.txt").write_text("EPSG:4326\na.jpg 2 1 0\n")
    found = find(tmp_path)
    assert (found.photos, found.ignored) == ([], {".txt": 1})
    assert found.notes == [f"there are lists in the folder: give one of them, such as {tmp_path / 'geo.txt'}"]
    assert find(tmp_path / "geo.txt").photos[0].point == GeoPoint(1.0, 2.0, 0.0)


@pytest.mark.skipif(os.name != "posix", reason="names of bytes")
def test_a_name_that_is_not_text_is_left_out(tmp_path: Path) -> None:
    jpeg(tmp_path / "a.jpg")
    try:
        Path(os.fsdecode(os.fsencode(tmp_path / "x") + b"\xff.jpg")).write_bytes(b"x")
    except OSError:
        pytest.skip("this file system takes only UTF-8")
    found = find(tmp_path)
    assert len(found.photos) == 1
    assert "not text" in found.skipped[0].reason


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
