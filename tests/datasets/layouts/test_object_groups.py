"""Holidays and UKBench: groups are in the names of the photos."""

from pathlib import Path

import pytest

from placeprint.datasets.layouts.classes import cars196, cub200, online_products
from placeprint.datasets.layouts.landmarks import google_landmarks, holidays, oxford, revisited, ukbench
from placeprint.datasets.layouts.streets import ie_tower
from placeprint.errors import PlaceprintError


def touch(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()


@pytest.mark.parametrize("place", ["jpg", "images", "."])
def test_holidays(tmp_path: Path, place: str) -> None:
    assert holidays.LAYOUT.splits(tmp_path) == ()
    groups = (
        "100000.jpg",
        "100001.jpg",
        "100002.jpg",
        "123400.jpg",
        "123401.jpg",
        "149900.jpg",
        "149910.jpg",
    )
    touch(tmp_path / place, *reversed(groups), "holidays.txt", "logo.jpg", "1000000.jpg", "flickr.jpg")
    assert holidays.LAYOUT.splits(tmp_path) == ("test",)
    found = holidays.LAYOUT.read(tmp_path, "test")
    assert [photo.path.name for photo in found.database] == list(groups)
    assert [photo.path.name for photo in found.queries] == ["100000.jpg", "123400.jpg", "149900.jpg"]
    assert [ids.tolist() for ids in found.same_label()] == [[0, 1, 2], [3, 4], [5, 6]]
    assert [ids.tolist() for ids in found.itself()] == [[0], [3], [5]]
    assert found.queries.labels is not None
    assert found.queries.labels.tolist() == ["1000", "1234", "1499"]
    with pytest.raises(PlaceprintError, match=r"no split 'all'.*Its splits: test"):
        holidays.LAYOUT.read(tmp_path, "all")


@pytest.mark.parametrize("place", ["full", "."])
def test_ukbench(tmp_path: Path, place: str) -> None:
    assert ukbench.LAYOUT.splits(tmp_path) == ()
    touch(tmp_path / place, *(f"ukbench{n:05}.jpg" for n in (*range(9), 10199)), "ukbench.jpg")
    assert ukbench.LAYOUT.splits(tmp_path) == ("test",)
    found = ukbench.LAYOUT.read(tmp_path, "test")
    assert [photo.path.stem[-5:] for photo in found.queries] == [f"{n:05}" for n in (*range(9), 10199)]
    assert [photo.path for photo in found.queries] == [photo.path for photo in found.database]
    assert found.queries.labels is not None
    assert found.queries.labels.tolist() == ["0"] * 4 + ["1"] * 4 + ["2", "2549"]
    assert found.same_label()[5].tolist() == [4, 5, 6, 7]
    with pytest.raises(PlaceprintError, match="no split 'train'"):
        ukbench.LAYOUT.read(tmp_path, "train")


def test_a_folder_that_may_not_be_read_is_no_data_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    touch(tmp_path / "jpg", "100000.jpg")
    monkeypatch.setattr(Path, "is_file", refuse)
    layouts = [holidays.LAYOUT, ukbench.LAYOUT, cub200.LAYOUT, google_landmarks.LAYOUT, ie_tower.LAYOUT]
    for layout in (*layouts, *oxford.LAYOUTS, *revisited.LAYOUTS, online_products.LAYOUT, cars196.LAYOUT):
        assert layout.splits(tmp_path) == ()
