"""VPR-Bench: order of the numbers, answers by row, damage; and the corridor itself."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from placeprint.datasets.layouts.streets.vpr_bench import LAYOUT, TRUTH
from placeprint.errors import PlaceprintError


def write(folder: Path, rows: list[tuple[Any, Any]], names: tuple[str, ...] = ("1", "2", "10")) -> Path:
    for side in ("ref", "query"):
        (folder / side).mkdir(exist_ok=True)
        for name in names:
            (folder / side / f"{name}.jpg").touch()
        (folder / side / "Thumbs.db").touch()
    table = np.empty((len(rows), 2), object)
    for n, row in enumerate(rows):
        table[n] = row
    np.save(folder / TRUTH, table, allow_pickle=True)
    return folder


ROWS: list[tuple[Any, Any]] = [(0, [0, 1]), (1, [1]), (2, [])]


def test_photos_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    write(tmp_path, ROWS)
    assert LAYOUT.splits(tmp_path) == ("all",)
    data = LAYOUT.read(tmp_path, "all")
    assert [photo.path.name for photo in data.database] == ["1.jpg", "2.jpg", "10.jpg"]
    assert data.queries[2].path == tmp_path / "query" / "10.jpg"
    assert [rows.tolist() for rows in data.listed["positive"]] == [[0, 1], [1], []]
    assert list(data.notes) == []


def test_the_last_number_of_a_name_counts(tmp_path: Path) -> None:
    data = LAYOUT.read(write(tmp_path, ROWS, ("cam2_1", "cam2_2", "cam2_10")), "all")
    assert [photo.path.stem for photo in data.queries] == ["cam2_1", "cam2_2", "cam2_10"]


def test_answers_go_by_row_whatever_the_first_column_says(tmp_path: Path) -> None:
    data = LAYOUT.read(write(tmp_path, [(1, [2]), (2, [0]), (2, [1])]), "all")
    assert [rows.tolist() for rows in data.listed["positive"]] == [[2], [0], [1]]
    assert list(data.notes) == ["2 rows of ground_truth_new.npy name a query other than their own"]


def test_the_corridor(real_photos: Path) -> None:
    folder = real_photos / "corridor"
    assert LAYOUT.splits(folder) == ("all",)
    data = LAYOUT.read(folder, "all")
    assert data.name == "vpr-bench/corridor"
    assert (len(data.database), len(data.queries)) == (111, 111)
    positive = data.listed["positive"]
    assert [rows.tolist() for rows in positive[:4]] == [
        [0, 1, 2],
        [0, 1, 2, 3],
        [0, 1, 2, 3, 4],
        [1, 2, 3, 4, 5],
    ]
    assert positive[110].tolist() == [108, 109, 110]
    assert all(photo.path.is_file() for photo in [*data.database, *data.queries])
    assert data.queries[42].path.name == data.database[42].path.name == "0000042.jpg"
    assert not data.notes


def test_damage_names_the_file_and_the_mend(tmp_path: Path) -> None:
    def fails(message: str) -> None:
        with pytest.raises(PlaceprintError, match=message) as caught:
            LAYOUT.read(tmp_path, "all")
        assert caught.value.mend

    write(tmp_path, ROWS[:2])
    fails(r"ground_truth_new\.npy: answers for 2 queries, but there are 3")
    write(tmp_path, [*ROWS[:2], (2, [3])])
    fails(r"ground_truth_new\.npy: answers to query 2 range from 3")
    np.save(tmp_path / TRUTH, np.arange(3))
    fails(r"ground_truth_new\.npy: a table of shape \(3,\)")
    (tmp_path / TRUTH).write_bytes(b"\x93NUMPY\x01")
    fails(r"ground_truth_new\.npy is damaged")
    write(tmp_path, ROWS, ("1", "2", "cover"))
    fails(r"cover\.jpg: no number in the name")
    for photo in (tmp_path / "query").glob("*.jpg"):
        photo.unlink()
    (tmp_path / "ref" / "cover.jpg").unlink()
    fails("query: no photos. Unpack")
    (tmp_path / TRUTH).unlink()
    assert LAYOUT.splits(tmp_path) == ()
    fails("no split 'all'. Its splits: none")
