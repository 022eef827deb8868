"""Traverses in the folders people have; numbers as ground truth, and the list that counts anew."""

from pathlib import Path

import pytest

from placeprint.datasets.layouts.streets.nordland import LAYOUT, from_traverses
from placeprint.errors import PlaceprintError


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def frames(folder: Path, split: str) -> tuple[list[int], list[int]]:
    data = LAYOUT.read(folder, split)
    return data.queries.columns()["frames"].tolist(), data.database.columns()["frames"].tolist()


def test_folders_of_seasons_in_the_order_of_the_numbers(tmp_path: Path) -> None:
    fill(
        tmp_path / "summer", "images-9.png", "images-10.png", "images-00012.png", "images-100.png", "note.txt"
    )
    fill(tmp_path / "winter", "images-00010.png", "images-00011.png")
    fill(tmp_path / "models", "1.png")
    assert LAYOUT.splits(tmp_path) == ("summer-winter", "winter-summer")
    assert frames(tmp_path, "winter-summer") == ([10, 11], [9, 10, 12, 100])
    data = LAYOUT.read(tmp_path, "winter-summer")
    assert data.name == "nordland/winter-summer"
    assert [photo.path.name for photo in data.database][:2] == ["images-9.png", "images-10.png"]
    assert [rows.tolist() for rows in data.within_frames(1)] == [[0, 1], [1, 2]]
    assert [rows.tolist() for rows in data.within_frames(0)] == [[1], []]


def test_the_parted_set(tmp_path: Path) -> None:
    for season in ("summer", "winter", "fall", "spring"):
        sections = [f"section{1 + n // 2}/{n}.png" for n in range(6)]
        fill(tmp_path / "test" / f"{season}_images_test", *sections)
        fill(tmp_path / "train" / f"{season}_images_train", "section1/12.png")
    assert len(LAYOUT.splits(tmp_path)) == 24
    assert "test-winter-summer" in LAYOUT.splits(tmp_path)
    assert frames(tmp_path, "test-winter-summer") == (list(range(6)), list(range(6)))
    assert frames(tmp_path, "train-fall-spring") == ([12], [12])
    assert frames(tmp_path / "test", "winter-summer") == (list(range(6)), list(range(6)))
    photo = LAYOUT.read(tmp_path, "test-winter-summer").queries[3]
    assert photo.path == tmp_path / "test" / "winter_images_test" / "section2" / "3.png"


def test_frames_count_along_the_list_of_those_that_are_kept(tmp_path: Path) -> None:
    fill(tmp_path / "summer", *(f"images-{n:05d}.png" for n in range(1, 9)))
    fill(tmp_path / "winter", *(f"images-{n:05d}.jpg" for n in (1, 2, 7, 8)))
    (tmp_path / "cleanImageNames.txt").write_text("images-00008.png\nimages-00002.png\nimages-00005.png\n")
    assert frames(tmp_path, "winter-summer") == ([0, 2], [0, 1, 2])
    data = LAYOUT.read(tmp_path, "winter-summer")
    assert [photo.path.name for photo in data.database] == [f"images-0000{n}.png" for n in (2, 5, 8)]
    assert list(data.notes) == [
        "3 of 8 frames of summer are in cleanImageNames.txt",
        "2 of 4 frames of winter are in cleanImageNames.txt",
    ]


def test_any_two_folders(tmp_path: Path) -> None:
    fill(tmp_path / "day-left", "a1.jpg", "a2.jpg")
    fill(tmp_path / "night", "b2.jpg")
    assert LAYOUT.splits(tmp_path) == ()
    assert frames(tmp_path, "night-day-left") == ([2], [1, 2])
    assert frames(tmp_path, "day-left-night") == ([1, 2], [2])
    assert len(from_traverses(tmp_path / "night", tmp_path / "day-left").queries) == 1


def test_errors_name_the_photo_and_the_mend(tmp_path: Path) -> None:
    fill(tmp_path / "summer", "section1/1.png", "section2/1.png")
    fill(tmp_path / "winter", "1.png")
    with pytest.raises(PlaceprintError, match=r"section1/1\.png and .*section2/1\.png have the same number"):
        LAYOUT.read(tmp_path, "winter-summer")
    fill(tmp_path / "fall", "1.png", "cover.png")
    with pytest.raises(PlaceprintError, match=r"cover\.png: no number in the name"):
        LAYOUT.read(tmp_path, "winter-fall")
    (tmp_path / "spring").mkdir()
    with pytest.raises(PlaceprintError, match=r"spring: no frames\. Unpack"):
        LAYOUT.read(tmp_path, "spring-winter")
    with pytest.raises(PlaceprintError, match="no split 'winter-july'"):
        LAYOUT.read(tmp_path, "winter-july")
