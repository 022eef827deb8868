"""Cells against SciPy's trees, on grids whose distances are exact, far away and at every edge."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import KDTree

from placeprint.geo import cells
from placeprint.geo.cells import Cells, nearest_other


def pairs(found):
    queries, points, _ = found
    return list(zip(queries.tolist(), points.tolist(), strict=True))


@given(
    st.integers(0, 2**32 - 1),
    st.integers(0, 60),
    st.integers(1, 3),
    st.sampled_from([0.0, 1.0, 2.5, 40.0]),
    st.sampled_from([0.0, 1e7]),
)
def test_pairs_are_those_of_a_tree(seed, count, dim, radius, away):
    rng = np.random.default_rng(seed)
    stored = rng.integers(-4, 5, (count, dim)) / 2 + away
    asked = rng.integers(-12, 13, (7, dim)) / 2 + away
    gaps = ((asked[:, None] - stored) ** 2).sum(axis=2)
    found = Cells(stored, radius).within(asked)
    assert pairs(found) == [tuple(pair) for pair in np.argwhere(gaps <= radius**2).tolist()]
    np.testing.assert_array_equal(found[2], gaps[found[0], found[1]])


@pytest.mark.parametrize("some", [1, 50, 1 << 22])
def test_many_points_in_space_in_any_portions(monkeypatch, some):
    monkeypatch.setattr(cells, "PAIRS", some)
    rng = np.random.default_rng(0)
    stored, asked = rng.uniform(-6.4e6, 6.4e6, (200, 3)), rng.uniform(-6.4e6, 6.4e6, (9, 3))
    for radius in (0.01, 2e6):  # cells far narrower than 64 bits can number, and wide ones
        near = [sorted(rows) for rows in KDTree(stored).query_ball_point(asked, radius)]
        found = pairs(Cells(stored, radius).within(asked))
        assert found == [(query, row) for query, rows in enumerate(near) for row in rows]
    assert pairs(Cells(stored, 0.01).within(stored)) == [(i, i) for i in range(200)]


def test_the_nearest_other_point_is_that_of_a_tree():
    rng = np.random.default_rng(1)
    points = np.concatenate([rng.normal(size=(80, 2)), rng.normal(size=(40, 2)) * 1e4, np.ones((2, 2))])
    for first in (1e-3, 1.0, 1e5):
        expected = KDTree(points).query(points, k=2)[0][:, 1]
        np.testing.assert_allclose(nearest_other(points, first), expected, rtol=1e-12)
    assert nearest_other(points[:1]).tolist() == [np.inf]
    assert nearest_other(points[:0]).shape == (0,)


def test_points_must_be_finite():
    with pytest.raises(ValueError, match="finite"):
        Cells(np.array([[0.0, np.nan]]), 1.0)
