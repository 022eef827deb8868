"""Exact search in blocks against the whole matrix of distances in double precision."""

import sys
from pathlib import Path

import numpy as np
import pytest

from placeprint.arrays import Float32, Metric, nearest_rows

kernel = sys.modules["placeprint.arrays.nearest"]


def unit_rows(count: int, dim: int, seed: int) -> Float32:
    rows = np.random.default_rng(seed).standard_normal((count, dim)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize("faiss", [True, False])
@pytest.mark.parametrize("block", [7, 64, 100_000])
@pytest.mark.parametrize("k", [1, 5, 200])
def test_rows_and_distances_are_those_of_the_matrix(
    block: int, k: int, faiss: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["placeprint.arrays.nearest_candidates"], "FAISS_FROM", 0)
    if not faiss:
        monkeypatch.setitem(sys.modules, "faiss", None)
    monkeypatch.setattr(kernel, "ROWS", block)
    monkeypatch.setattr(kernel, "QUERIES", 3)
    stored, asked = unit_rows(130, 24, 0), unit_rows(10, 24, 1)
    squared, rows = nearest_rows(asked, stored, k)
    matrix = np.square(asked[:, None].astype(np.float64) - stored[None]).sum(axis=2)
    np.testing.assert_array_equal(rows, np.argsort(matrix, axis=1, kind="stable")[:, :k])
    np.testing.assert_allclose(squared, np.sort(matrix, axis=1)[:, :k], rtol=1e-5)


@pytest.mark.parametrize("block", [4, 5, 1000])
def test_equal_vectors_are_ordered_by_row(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "ROWS", block)
    one, other = unit_rows(2, 512, 3)
    stored = np.array([other, one, other, one, one, other, one, other])
    squared, rows = nearest_rows(one[None] * 0.9, stored, 8)
    assert rows[0].tolist() == [1, 3, 4, 6, 0, 2, 5, 7]
    assert len(set(squared[0].tolist())) == 2


def test_a_memory_mapped_file_is_searched(tmp_path: Path) -> None:
    stored = unit_rows(50, 8, 0)
    np.save(tmp_path / "vectors.npy", stored)
    mapped = np.load(tmp_path / "vectors.npy", mmap_mode="r")
    assert nearest_rows(stored[:5], mapped, 1)[1][:, 0].tolist() == [0, 1, 2, 3, 4]
    assert nearest_rows(stored[:5], stored[:0], 3)[1].shape == (5, 0)


@pytest.mark.parametrize("metric", ["l2", "ip"])
@pytest.mark.parametrize(("crowd", "block"), [(300, 100_000), (300, 170), (1500, 100_000), (1500, 900)])
def test_of_nearly_identical_rows_the_nearest_are_found(
    crowd: int, block: int, metric: Metric, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They differ by less than single precision resolves in ‖x‖² − 2⟨x, q⟩. 300 are fewer than the second
    attempt compares, 1500 are more; in the blocks behind them nothing is near."""
    monkeypatch.setattr(kernel, "ROWS", block)
    rng = np.random.default_rng(5)
    one = unit_rows(1, 64, 2)
    stored = (one + 3e-7 * rng.standard_normal((crowd, 64))).astype(np.float32)
    stored = np.concatenate([stored, -unit_rows(400, 64, 4)])
    asked = np.concatenate([one, unit_rows(3, 64, 7), (one + 1e-7 * rng.standard_normal((2, 64)))])
    asked = asked.astype(np.float32)
    wide, at = asked.astype(np.float64), stored.astype(np.float64)
    matrix = np.square(wide[:, None] - at[None]).sum(axis=2) if metric == "l2" else 1.0 - wide @ at.T
    found, rows = nearest_rows(asked, stored, 5, metric)
    np.testing.assert_allclose(found, np.sort(matrix, axis=1)[:, :5], rtol=1e-9, atol=1e-15)
    if metric == "l2":
        np.testing.assert_array_equal(rows, np.argsort(matrix, axis=1, kind="stable")[:, :5])


def test_what_is_not_finite_is_refused_and_what_is_missing_marked() -> None:
    with pytest.raises(ValueError, match="finite"):
        nearest_rows(np.array([[np.nan, 0.0]], np.float32), unit_rows(3, 2, 0), 1)
    rows = unit_rows(2, 4, 0)
    found, ids = kernel.nearest(rows, lambda: [(np.array([7, 9]), rows, None)], 3)
    assert ids.tolist() == [[7, 9, -1], [9, 7, -1]]
    assert np.isinf(found[:, 2]).all()


def test_the_bound_of_rounding_errors_is_the_documented_one() -> None:
    """(d + 3) ε (2‖q‖ + √distance)²; by inner products (d + 3) ε ‖x‖‖q‖, here of d = 4."""
    eps, queries, distances = 2.0**-23, np.ones((1, 4), np.float32), np.array([9.0])
    assert kernel._rounding(queries, distances, 25.0, "l2") == pytest.approx([7 * eps * (2 * 2 + 3) ** 2])
    assert kernel._rounding(queries, distances, 25.0, "ip") == pytest.approx([7 * eps * 5 * 2])
