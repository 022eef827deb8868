"""Rankings as arrays of row numbers."""

from pathlib import Path

import numpy as np
import pytest

from placeprint.arrays import Int64
from placeprint.errors import FormatError
from placeprint.formats.row_numbers import read_row_numbers
from placeprint.formats.vector_files import write_vectors


def lists(ranked: list[Int64]) -> list[list[int]]:
    assert all(rows.dtype == np.int64 for rows in ranked)
    return [rows.tolist() for rows in ranked]


def test_row_numbers(tmp_path: Path) -> None:
    rows = np.array([[4, 0, 2], [1, -1, -1]])
    np.save(tmp_path / "predictions.npy", rows)
    write_vectors(tmp_path / "predictions.ivecs", rows)
    for name in ("predictions.npy", "predictions.ivecs"):
        assert lists(read_row_numbers(tmp_path / name, 2, 5)) == [[4, 0, 2], [1]]
    np.save(tmp_path / "predictions.npy", np.full((2, 3), -1))
    assert lists(read_row_numbers(tmp_path / "predictions.npy", 2, 5)) == [[], []]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (np.zeros((3, 2), int), r"\(3, 2\) are not row numbers for 2 queries"),
        (np.zeros(2, int), "are not row numbers"),
        (np.zeros((2, 1)), "float64"),
        (np.array([[0, 1], [0, 5]]), "query 1: rows 0 to 5 of 5"),
        (np.array([[-1, 1], [0, 2]]), "query 0: rows -1 to 1 of 5"),
        (np.array([[0, 1], [3, 3]]), "query 1: a row is ranked twice"),
        (np.array([[None]]), "damaged or not a .npy"),
    ],
)
def test_wrong_row_numbers_are_named(
    tmp_path: Path, rows: np.ndarray[tuple[int, ...], np.dtype[np.generic]], message: str
) -> None:
    np.save(tmp_path / "p.npy", rows, allow_pickle=True)
    with pytest.raises(FormatError, match=message):
        read_row_numbers(tmp_path / "p.npy", 2, 5)
