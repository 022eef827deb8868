"""Squared distances and unit rows against naive loops; chunks by hand."""

import numpy as np
import pytest

from placeprint.arrays import chunks, paired_squared_distances, squared_distances, squared_lengths, unit_rows


def test_squared_distances_are_those_of_a_naive_loop() -> None:
    rng = np.random.default_rng(0)
    a, b = (rng.normal(size=(n, 7)).astype(np.float32) for n in (5, 4))
    naive = [[sum((x - y) ** 2 for x, y in zip(one, other, strict=True)) for other in b] for one in a]
    np.testing.assert_allclose(squared_distances(a, b), naive, rtol=1e-4)
    np.testing.assert_allclose(paired_squared_distances(a[:, None], b[None]), naive, rtol=1e-6)
    np.testing.assert_allclose(squared_lengths(a), [sum(x * x for x in one) for one in a], rtol=1e-5)
    assert squared_distances(a, b).dtype == np.float32


def test_rounding_never_makes_a_distance_negative() -> None:
    rows = 1e3 * np.random.default_rng(1).normal(size=(50, 64)).astype(np.float32)
    squared = squared_distances(rows, rows)
    assert squared.min() >= 0.0
    assert np.diag(squared).min() == 0.0  # the bound is 0 itself, not something above it


def test_equal_rows_are_at_zero_in_double_precision() -> None:
    rows = np.full((2, 3), 1e6, np.float32)
    rows[1, 2] = np.nextafter(np.float32(1e6), np.float32(2e6))
    paired = paired_squared_distances(rows, rows[:1])
    assert paired.dtype == np.float64
    assert paired.tolist() == [0.0, 0.0625**2]


def test_rows_of_length_one_and_a_row_of_zeros_that_stays() -> None:
    rows = np.array([[3.0, 4.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, -1e-11], [0.0, 5e-13, 0.0]])
    made = unit_rows(rows)
    assert made.dtype == np.float32
    np.testing.assert_allclose(
        made, [[0.6, 0.8, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 0.5, 0.0]], rtol=1e-6
    )
    np.testing.assert_allclose(unit_rows(rows[0]), [0.6, 0.8, 0], rtol=1e-6)
    np.testing.assert_allclose(unit_rows(rows[None]), made[None])


@pytest.mark.parametrize(
    ("length", "size", "expected"),
    [(0, 3, []), (2, 3, [(0, 2)]), (3, 3, [(0, 3)]), (7, 3, [(0, 3), (3, 6), (6, 7)])],
)
def test_chunks_cover_a_range_once_in_order(length: int, size: int, expected: list[tuple[int, int]]) -> None:
    assert [(some.start, some.stop) for some in chunks(length, size)] == expected
