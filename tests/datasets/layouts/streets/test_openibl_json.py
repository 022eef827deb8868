"""Identities and splits as OpenIBL writes them: its order, its panoramas, and damage."""

import json
from pathlib import Path
from typing import Any

import pytest

from placeprint.datasets.layouts.streets.openibl_json import LAYOUT
from placeprint.errors import FormatError, PlaceprintError

META: dict[str, Any] = {
    "name": "Pittsburgh_30k",
    "identities": [
        ["Pittsburgh/queries/9_b.jpg", "Pittsburgh/queries/9_a.jpg"],
        ["Pittsburgh/images/8_x.jpg"],
        ["Pittsburgh/images/2_y.jpg", "Pittsburgh/images/2_z.jpg"],
        ["Pittsburgh/queries/1_a.jpg"],
    ],
    "utm": [[100.0, 0.0], [110.0, 0.0], [130.0, 0.0], [0.0, 0.0]],
}
SPLITS = {
    "q_train": [3], "db_train": [1], "q_val": [], "db_val": [2], "q_test": [0, 3], "db_test": [1, 2],
}  # fmt: skip


def write(folder: Path, meta: Any = META, splits: Any = SPLITS, scale: str = "_30k") -> Path:
    (folder / f"meta{scale}.json").write_text(json.dumps(meta))
    (folder / f"splits{scale}.json").write_text(json.dumps(splits))
    return folder


def test_each_side_sorted_by_path(tmp_path: Path) -> None:
    write(tmp_path)
    assert LAYOUT.splits(tmp_path) == ("30k-train", "30k-val", "30k-test")
    data = LAYOUT.read(tmp_path, "30k-test")
    assert data.name == "openibl/30k-test"
    raw = tmp_path / "raw" / "Pittsburgh"
    assert [photo.path for photo in data.database] == [
        raw / "images" / f"{name}.jpg" for name in ("2_y", "2_z", "8_x")
    ]
    assert [photo.panorama for photo in data.database] == ["2", "2", "1"]
    assert [photo.path.stem for photo in data.queries] == ["1_a", "9_a", "9_b"]
    assert data.queries.columns()["meters"].tolist() == [[0.0, 0.0], [100.0, 0.0], [100.0, 0.0]]
    assert [rows.tolist() for rows in data.within(25.0)] == [[], [2], [2]]
    assert [rows.tolist() for rows in data.within(30.0)] == [[], [0, 1, 2], [0, 1, 2]]


def test_lists_without_a_scale_and_an_empty_side(tmp_path: Path) -> None:
    write(tmp_path, scale="")
    write(tmp_path, scale="_250k")
    (tmp_path / "meta_alone.json").write_text("{}")
    assert LAYOUT.splits(tmp_path) == ("train", "val", "test", "250k-train", "250k-val", "250k-test")
    data = LAYOUT.read(tmp_path, "val")
    assert (len(data.database), len(data.queries)) == (2, 0)
    with pytest.raises(PlaceprintError, match=r"no split '30k-test'.*train, val"):
        LAYOUT.read(tmp_path, "30k-test")
    assert LAYOUT.splits(tmp_path / "nothing") == ()


def test_photos_beside_the_lists(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "Pittsburgh").mkdir()
    photo = LAYOUT.read(tmp_path, "30k-train").queries[0]
    assert photo.path == tmp_path / "Pittsburgh" / "queries" / "1_a.jpg"


@pytest.mark.parametrize(
    ("meta", "splits", "message"),
    [
        ([], SPLITS, r"meta_30k\.json is not a JSON object"),
        ({"utm": []}, SPLITS, r"meta_30k\.json: no identities with their utm"),
        (
            META | {"utm": META["utm"][:3]},
            SPLITS,
            r"meta_30k\.json: .*4 identities and utm of shape \(3, 2\)",
        ),
        (META | {"utm": ["a"] * 4}, SPLITS, r"meta_30k\.json: no identities"),
        (META | {"identities": ["abcd"] * 4}, SPLITS, r"meta_30k\.json: no identities"),
        (META, {"q_test": [0]}, r"splits_30k\.json: there is no 'db_test'"),
        (META, SPLITS | {"db_test": [1, 4]}, r"splits_30k\.json: db_test range from 1 to 4, of 4 rows"),
        (META, SPLITS | {"q_test": [-1]}, r"splits_30k\.json: q_test range from -1"),
        (META, SPLITS | {"q_test": ["0"]}, r"splits_30k\.json: q_test are not row numbers"),
    ],
)
def test_damage_names_the_file_and_the_mend(tmp_path: Path, meta: Any, splits: Any, message: str) -> None:
    write(tmp_path, meta, splits)
    with pytest.raises(FormatError, match=message) as caught:
        LAYOUT.read(tmp_path, "30k-test")
    assert caught.value.mend


def test_a_list_that_is_no_json(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "splits_30k.json").write_text('{"q_test": [0')
    with pytest.raises(FormatError, match=r"splits_30k\.json is not JSON"):
        LAYOUT.read(tmp_path, "30k-test")
