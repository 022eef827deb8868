"""The benchmark's folders: order, splits, fields by place in the file's name alone."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from placeprint.datasets.layouts.streets.utm_folders import LAYOUT
from placeprint.errors import PlaceprintError
from placeprint.geo import utm_to_point


def name(east: str = "0585001.25", north: str = "4476000.50", *, zone: str = "17", stamp: str = "") -> str:
    letter = "T" if zone else ""
    return f"@{east}@{north}@{zone}@{letter}@@@pano7@03@090@@@@{stamp}@pitch1_yaw3@.jpg"


def touch(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for each in names:
        (folder / each).parent.mkdir(parents=True, exist_ok=True)
        (folder / each).touch()
    return folder


@pytest.mark.parametrize("above", ["pitts30k", "me@home@2024", "@1@2@3@.jpg"])
def test_the_benchmarks_layout(tmp_path: Path, above: str) -> None:
    root = tmp_path / above
    for split in ("val", "test"):
        touch(root / "images" / split / "database", name(), name("0585002.00"))
        touch(root / "images" / split / "queries", name("0585003.00"))
    touch(root / "images" / "train" / "database", name())  # no queries: no split
    assert LAYOUT.splits(root) == ("val", "test")
    assert LAYOUT.splits(root / "images") == ("val", "test")
    assert LAYOUT.splits(root / "images" / "test") == ("test",)
    for folder in (root, root / "images", root / "images" / "test"):
        found = LAYOUT.read(folder, "test")
        assert found.name == f"{above}/test"
        assert found.database.meters is not None
        assert found.database.meters.tolist() == [[585001.25, 4476000.5], [585002.0, 4476000.5]]
        assert [photo.path.parent.parent.name for photo in found.queries] == ["test"]
        first = found.database[0]
        assert (first.heading, first.panorama) == (90.0, "pano7")
        assert first.point == utm_to_point(585001.25, 4476000.5, 17, True)
        assert found.database.stamps is None
        assert not found.notes


def test_sides_without_a_split_and_more_queries(tmp_path: Path) -> None:
    svox = tmp_path / "svox"
    for queries in ("queries", "queries_night"):
        touch(svox / "images" / "test" / queries, name())
    touch(svox / "images" / "test" / "gallery", name())
    assert LAYOUT.splits(svox) == ("test", "test_night")
    assert LAYOUT.read(svox, "test_night").queries[0].path.parent.name == "queries_night"
    own = tmp_path / "own"
    touch(own / "database", name())
    touch(own / "queries", name())
    assert LAYOUT.splits(own) == ("all",)
    assert LAYOUT.read(own, "all").name == "own/all"


def test_sorted_as_text_as_the_benchmark_sorts(tmp_path: Path) -> None:
    database = touch(
        tmp_path / "database", *(f"{part}/{name(f'{n}.5')}" for part in ("a", "a-b", "B") for n in (9, 10))
    )
    touch(tmp_path / "queries", name("3", "4"))
    found = LAYOUT.read(tmp_path, "all")
    assert [str(photo.path) for photo in found.database] == sorted(
        str(path) for path in database.rglob("*.jpg")
    )
    assert [photo.path.parent.name for photo in found.database] == ["B", "B", "a-b", "a-b", "a", "a"]


def test_25_meters_included(tmp_path: Path) -> None:
    rows = [("585015.00", "4476020.00"), ("585015.00", "4476020.01"), ("584975.00", "4476000.00")]
    touch(tmp_path / "database", *(name(*row) for row in rows))
    touch(tmp_path / "queries", name("585000.00", "4476000.00"))
    assert [found.tolist() for found in LAYOUT.read(tmp_path, "all").within(25.0)] == [[0, 1]]


def test_meters_without_a_zone(tmp_path: Path) -> None:
    touch(tmp_path / "database", name(zone=""), "@12.5@-3@.jpg", "x@7@8@.png")
    touch(tmp_path / "queries", name(zone=""))
    found = LAYOUT.read(tmp_path, "all")
    assert found.database.meters is not None
    assert found.database.meters.tolist() == [[585001.25, 4476000.5], [12.5, -3.0], [7.0, 8.0]]
    assert [photo.point for photo in found.database] == [None, None, None]
    assert [photo.panorama for photo in found.database] == ["pano7", None, None]
    assert [len(rows) for rows in found.within(1.0)] == [1]


def test_time_stamps(tmp_path: Path) -> None:
    touch(tmp_path / "database", name("1", stamp="201907"), name("2"), "@3@4@.jpg")
    touch(tmp_path / "queries", name("1"))
    found = LAYOUT.read(tmp_path, "all")
    assert found.database.stamps is not None
    assert found.database.stamps.tolist() == ["201907", "", ""]
    assert found.database[0].time == datetime(2019, 7, 1)
    assert found.queries.stamps is None


def test_a_list_of_paths_beside_the_folder(tmp_path: Path) -> None:
    database = touch(tmp_path / "database", "b/" + name("2"), "a/" + name("1"), "not-listed.jpg")
    (tmp_path / "database_images_paths.txt").write_text(f"b/{name('2')}\na/{name('1')}\nc/{name('3')}\n\n")
    touch(tmp_path / "queries", name("1"))
    assert LAYOUT.splits(tmp_path) == ("all",)
    found = LAYOUT.read(tmp_path, "all")
    listed = [f"b/{name('2')}", f"a/{name('1')}", f"c/{name('3')}"]  # as listed; photos need not be there
    assert [photo.path.relative_to(database).as_posix() for photo in found.database] == listed
    assert not found.notes


def test_photos_without_utm_are_left_out(tmp_path: Path) -> None:
    touch(
        tmp_path / "database", name(), name("nan"), name("east"), "map.jpg", "notes.txt", ".hidden/" + name()
    )
    touch(tmp_path / "queries", name())
    found = LAYOUT.read(tmp_path, "all")
    assert len(found.database) == 1
    assert len(found.notes) == 1
    assert found.notes[0].startswith("3 photos of database left out: no UTM in the name, first @east@")


def test_other_folders_are_not_recognized(tmp_path: Path) -> None:
    assert LAYOUT.splits(tmp_path) == LAYOUT.splits(tmp_path / "none") == ()
    touch(tmp_path / "database", "1.jpg", "deep/er/2.jpg")
    touch(tmp_path / "queries", name())
    touch(tmp_path / "test" / "queries", name())
    assert LAYOUT.splits(tmp_path) == ()
    (tmp_path / "images").touch()
    assert LAYOUT.splits(tmp_path / "images") == ()
    touch(tmp_path / "database", "deep/er/still/@1@2@.jpg")
    assert LAYOUT.splits(tmp_path) == ("all",)


def test_errors_name_the_folder(tmp_path: Path) -> None:
    touch(tmp_path / "database", name())
    touch(tmp_path / "queries", "1.jpg")
    with pytest.raises(PlaceprintError, match=r"no split 'test'\. Its splits: all"):
        LAYOUT.read(tmp_path, "test")
    with pytest.raises(PlaceprintError, match="queries: no photos named @east@north@"):
        LAYOUT.read(tmp_path, "all")


def test_only_a_few_names_are_looked_at(tmp_path: Path) -> None:
    """Recognition reads 8 names, not the whole folder."""
    touch(tmp_path / "queries", name())
    (tmp_path / "database").mkdir()
    (tmp_path / "database_images_paths.txt").write_text("\n".join(["1.jpg"] * 7 + [name()]))
    assert LAYOUT.splits(tmp_path) == ("all",)
    (tmp_path / "database_images_paths.txt").write_text("\n".join(["1.jpg"] * 8 + [name()]))
    assert LAYOUT.splits(tmp_path) == ()


def test_meters_are_exact(tmp_path: Path) -> None:
    touch(tmp_path / "database", name("0585001.07", "4476000.10"))
    touch(tmp_path / "queries", name("0585001.07", "4476000.10"))
    meters = LAYOUT.read(tmp_path, "all").database.meters
    assert meters is not None
    np.testing.assert_array_equal(meters, [[float("0585001.07"), float("4476000.10")]])
