"""The variants of the .npy lists, with answers by hand; where the photos lie; damage."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from placeprint.datasets.layouts.own.npy_lists import LAYOUT
from placeprint.errors import FormatError, PlaceprintError

PHOTOS = ["cph/database/images/a.jpg", "cph/database/images/b.jpg", "sf/database/images/c.jpg"]
ASKED = ["cph/query/images/p.jpg", "sf/query/images/q.jpg"]


def ragged(lists: list[Any]) -> np.ndarray[Any, Any]:
    table = np.empty(len(lists), object)
    table[:] = lists
    return table


def save(folder: Path, **arrays: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array, allow_pickle=True)
    return folder


def answers(folder: Path, split: str) -> list[list[int]]:
    return [rows.tolist() for rows in LAYOUT.read(folder, split).listed["positive"]]


@pytest.mark.parametrize(
    ("database", "queries", "truth"),
    [
        ("dbImages", "qImages", "gt_25m"),
        ("dbImages", "qImages", "gt"),
        ("dbImages", "qImages", "pIdx"),
        ("ref_image_names", "query_image_names", "ground_truth_25m"),
    ],
)
@pytest.mark.parametrize(
    "listed",
    [
        ragged([[2, 0, 2], []]),
        ragged([np.array([2, 0]), np.array([], np.float64)]),
        ragged([[np.int64(0), np.int32(2)], np.array([], np.int64)]),
    ],
)
def test_the_names_that_the_files_have(
    tmp_path: Path, database: str, queries: str, truth: str, listed: np.ndarray[Any, Any]
) -> None:
    files = {f"x_val_{database}": np.array(PHOTOS), f"x_val_{queries}": np.array(ASKED)}
    save(tmp_path, **files, **{f"x_val_{truth}": listed})
    assert LAYOUT.splits(tmp_path) == ("x_val",)
    data = LAYOUT.read(tmp_path, "x_val")
    assert data.name == "npy/x_val"
    assert [photo.path for photo in data.database] == [tmp_path / name for name in PHOTOS]
    assert [photo.path for photo in data.queries] == [tmp_path / name for name in ASKED]
    assert answers(tmp_path, "x_val") == [[0, 2], []]


def test_lists_of_one_length_are_a_table(tmp_path: Path) -> None:
    save(tmp_path, s_dbImages=np.array(PHOTOS, object), s_qImages=np.array(ASKED).astype("S"))
    for table in (np.array([[1, 0], [2, 1]]), np.array([[1, 0], [2, 1]], object)):
        save(tmp_path, s_gt=table)
        assert answers(tmp_path, "s") == [[0, 1], [1, 2]]
    save(tmp_path, s_gt=np.array([1, 2]))
    assert answers(tmp_path, "s") == [[1], [2]]
    assert [photo.path.name for photo in LAYOUT.read(tmp_path, "s").queries] == ["p.jpg", "q.jpg"]


def test_chosen_queries_in_the_order_of_their_list(tmp_path: Path) -> None:
    names = np.array([*ASKED, "sf/query/images/r.jpg"])
    save(tmp_path, m_dbImages=np.array(PHOTOS), m_qImages=names, m_qIdx=np.array([2, 0]))
    save(tmp_path, m_pIdx=ragged([[1], [0, 2]]))
    data = LAYOUT.read(tmp_path, "m")
    assert [photo.path.name for photo in data.queries] == ["r.jpg", "p.jpg"]
    assert answers(tmp_path, "m") == [[1], [0, 2]]


def test_where_the_photos_lie(tmp_path: Path) -> None:
    def places(folder: Path) -> list[Path]:
        data = LAYOUT.read(folder, "n")
        return [data.database[0].path, data.queries[0].path]

    lists = save(tmp_path / "lists", n_dbImages=np.array(["ref/1.jpg"]), n_qImages=np.array(["/query/1.jpg"]))
    assert places(lists) == [lists / "ref/1.jpg", lists / "query/1.jpg"]
    for folder in (tmp_path, tmp_path / "lists" / "photos", tmp_path / "lists"):
        for name in ("ref/1.png", "query/1.jpg"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).touch()
        assert places(lists) == [folder / "ref/1.png", folder / "query/1.jpg"]  # another ending counts too
    whole = str(tmp_path / "query" / "1.jpg")
    save(lists, n_qImages=np.array([whole]))
    assert places(lists)[1] == Path(whole)


def test_without_ground_truth_nothing_is_listed(tmp_path: Path) -> None:
    save(tmp_path, t_dbImages=np.array(PHOTOS), t_qImages=np.array(ASKED))
    save(tmp_path, other_gt=np.array([1]), half_dbImages=np.array(PHOTOS))
    assert LAYOUT.splits(tmp_path) == ("t",)
    data = LAYOUT.read(tmp_path, "t")
    assert dict(data.listed) == {}
    assert list(data.notes) == ["no ground truth: there is no t_gt_25m.npy"]
    with pytest.raises(PlaceprintError, match="no split 'half'"):
        LAYOUT.read(tmp_path, "half")


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("d_gt", ragged([[0]]), r"d_gt\.npy: answers for 1 queries, but there are 2"),
        ("d_gt", ragged([[0], [3]]), r"d_gt\.npy: answers to query 1 range from 3 to 3, of 3 rows"),
        ("d_gt", ragged([[-1], [0]]), r"d_gt\.npy: answers to query 0 range from -1"),
        ("d_gt", ragged([[0], ["1"]]), r"d_gt\.npy: answers to query 1 are not row numbers"),
        ("d_gt", ragged([[0.5], [1]]), r"d_gt\.npy: answers to query 0 are not row numbers"),
        ("d_gt", ragged([[0], [[1], None]]), r"d_gt\.npy: answers to query 1 are not row numbers"),
        ("d_gt", ragged([[0], [2**70]]), r"d_gt\.npy: answers to query 1 are not row numbers"),
        ("d_qIdx", np.array([0, 2]), r"d_qIdx\.npy: queries range from 0 to 2, of 2 rows"),
        ("d_dbImages", np.array("abc"), r"d_dbImages\.npy is not a list of paths"),
        ("d_dbImages", np.arange(3), r"d_dbImages\.npy is not a list of paths"),
        ("d_qImages", np.array([ASKED]), r"d_qImages\.npy is not a list of paths"),
    ],
)
def test_damage_names_the_file_and_the_mend(tmp_path: Path, name: str, array: Any, message: str) -> None:
    save(tmp_path, d_dbImages=np.array(PHOTOS), d_qImages=np.array(ASKED), d_gt=ragged([[0], [1]]))
    save(tmp_path, **{name: array})
    with pytest.raises(FormatError, match=message) as caught:
        LAYOUT.read(tmp_path, "d")
    assert caught.value.mend
