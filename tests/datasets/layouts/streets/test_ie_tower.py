"""IE Tower's dataset.csv: floors as labels, areas as splits and regions."""

from pathlib import Path

import pytest

from placeprint.datasets.layouts.streets.ie_tower import LAYOUT
from placeprint.errors import FormatError, PlaceprintError

HEADER = "image_path,label,split,device,lighting,area,section,floor_range"
ROWS = [
    "processed_frames/floor3/f3_hallway_frame_000001.jpg,floor3,gallery,,,hallway,above,lowrise",
    "processed_frames/floor4/f4_hallway_frame_000001.jpg,floor4,gallery,,,hallway,above,lowrise",
    "processed_frames/floor4/f4_stairs_frame_000001.jpg,floor4,gallery,,,stairs,above,lowrise",
    "processed_frames/floor3/f3_hallway_frame_000002.jpg,floor3,query,,,hallway,above,lowrise",
    "processed_frames/floor4/f4_lift_frame_000002.jpg,floor4,query,,,lift,above,lowrise",
]


def write(folder: Path, *rows: str) -> None:
    (folder / "dataset.csv").write_text("\n".join(rows) + "\n")


def test_by_hand(tmp_path: Path) -> None:
    assert LAYOUT.splits(tmp_path) == ()
    write(tmp_path, HEADER, *ROWS)
    # Stairs have no query, and the lift no gallery.
    assert LAYOUT.splits(tmp_path) == ("all", "hallway", "areas", "floor-areas")
    found = LAYOUT.read(tmp_path, "all")
    assert (len(found.database), len(found.queries)) == (3, 2)
    assert found.database[0].path == tmp_path / "floor3" / "f3_hallway_frame_000001.jpg"
    assert found.database.regions is not None
    assert found.database.regions.tolist() == ["hallway", "hallway", "stairs"]
    assert [ids.tolist() for ids in found.same_label()] == [[0], [1, 2]]
    hallway = LAYOUT.read(tmp_path, "hallway")
    assert (len(hallway.database), len(hallway.queries)) == (2, 1)
    areas, both = (LAYOUT.read(tmp_path, split) for split in ("areas", "floor-areas"))
    assert areas.database is areas.queries
    assert areas.database.labels is not None
    assert areas.database.labels.tolist() == ["hallway", "hallway", "stairs", "hallway", "lift"]
    assert [photo.path for photo in areas.database] == [photo.path for photo in both.database]
    assert [ids.tolist() for ids in both.same_label()] == [[0, 3], [1], [2], [0, 3], [4]]
    (tmp_path / "processed_frames").mkdir()
    found = LAYOUT.read(tmp_path, "all")
    assert found.database[0].path.relative_to(tmp_path).as_posix() == ROWS[0].partition(",")[0]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ((HEADER, "a.jpg,floor3,train,,,hallway,,"), "is not a frame of gallery or query"),
        ((HEADER, "a.jpg,,query,,,hallway,,"), "is not a frame of gallery or query"),
        (("path,lat,lon", "a,1,2"), "no column image_path, label, split, area, section"),
    ],
)
def test_another_table(tmp_path: Path, rows: tuple[str, ...], reason: str) -> None:
    write(tmp_path, *rows)
    assert LAYOUT.splits(tmp_path) == ()
    with pytest.raises(FormatError, match=reason):
        LAYOUT.read(tmp_path, "all")


def test_no_table_and_no_split(tmp_path: Path) -> None:
    with pytest.raises(PlaceprintError, match=r"dataset.csv cannot be read"):
        LAYOUT.read(tmp_path, "all")
    write(tmp_path, HEADER, *ROWS)
    with pytest.raises(PlaceprintError, match="Its splits: all, hallway"):
        LAYOUT.read(tmp_path, "stairs")
    (tmp_path / "dataset.csv").write_bytes(b"\xff\x00\xff")
    assert LAYOUT.splits(tmp_path) == ()


def test_the_real_one(real_photos: Path) -> None:
    folder = real_photos / "ie-tower"
    found = LAYOUT.read(folder, "all")
    assert (len(found.database), len(found.queries)) == LAYOUT.published["all"]
    assert all(photo.path.is_file() for photo in (*found.database, *found.queries))
    assert found.queries.labels is not None
    assert len(set(found.queries.labels.tolist())) == 25
    assert all(len(ids) for ids in found.same_label())
    areas = LAYOUT.splits(folder)[1:-2]
    assert "hallway" in areas
    assert "exhibition_entrance" not in areas
    for split, classes in (("areas", 37), ("floor-areas", 102)):
        found_classes = LAYOUT.read(folder, split)
        assert (len(found_classes.database), len(found_classes.queries)) == LAYOUT.published[split]
        assert found_classes.queries.labels is not None
        assert len(set(found_classes.queries.labels.tolist())) == classes
    assert sum(len(LAYOUT.read(folder, area).queries) for area in areas) == len(found.queries)
