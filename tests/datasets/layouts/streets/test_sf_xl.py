"""Folders of SF-XL as its form delivers them; the reader of UTM names does the rest."""

from pathlib import Path

import pytest

from placeprint.datasets.layouts.streets.sf_xl import LAYOUT
from placeprint.errors import PlaceprintError

DATABASE = "@0543256.96@4178906.70@10@S@037.75629@-122.50894@pano{n}@@0{n}0@@@@201311@@.jpg"
QUERY = "@0543256.96@41789{n}6.70@10@S@037.75629@-122.50894@@@@@@@@@.jpg"


def fill(folder: Path, name: str, count: int) -> None:
    folder.mkdir(parents=True)
    for n in range(count):
        (folder / name.format(n=n)).touch()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "processed"
    fill(home / "train", DATABASE, 1)
    fill(home / "val" / "database", DATABASE, 2)
    fill(home / "val" / "queries", QUERY, 1)
    fill(home / "test" / "database" / "37.75", DATABASE, 3)
    fill(home / "test" / "queries_v1", QUERY, 4)
    fill(home / "test" / "queries_night", QUERY, 1)
    return home


def test_splits_from_the_download_or_from_processed(home: Path) -> None:
    assert LAYOUT.splits(home) == LAYOUT.splits(home.parent) == ("val", "test-v1", "test-night")
    assert LAYOUT.splits(home.parent / "nothing") == ()
    assert [len(LAYOUT.read(home.parent, split).queries) for split in LAYOUT.splits(home)] == [1, 4, 1]


def test_meters_headings_and_panoramas(home: Path) -> None:
    data = LAYOUT.read(home, "test-v1")
    assert data.name == "sf-xl/test-v1"
    assert (len(data.database), len(data.queries)) == (3, 4)
    assert data.database.columns()["meters"].tolist() == [[543256.96, 4178906.70]] * 3
    assert data.queries.columns()["meters"][:, 1].tolist() == [4178906.70, 4178916.70, 4178926.70, 4178936.70]
    assert [photo.panorama for photo in data.database] == ["pano0", "pano1", "pano2"]
    assert [photo.heading for photo in data.database] == [0.0, 10.0, 20.0]
    assert [rows.tolist() for rows in data.within(20.5)] == [[0, 1, 2], [0, 1, 2], [0, 1, 2], []]


def test_validation_alone_is_known_by_the_name_of_the_folder(tmp_path: Path) -> None:
    for name in ("sf_xl", "other"):
        fill(tmp_path / name / "val" / "database", DATABASE, 1)
        fill(tmp_path / name / "val" / "queries", QUERY, 1)
    assert LAYOUT.splits(tmp_path / "sf_xl") == ("val",)
    assert LAYOUT.splits(tmp_path / "other") == ()


def test_a_split_that_is_not_there(home: Path) -> None:
    with pytest.raises(PlaceprintError, match=r"no split 'test-v2'.*val, test-v1, test-night"):
        LAYOUT.read(home, "test-v2")
