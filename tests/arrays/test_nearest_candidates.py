"""Candidates against faiss and against sorting everything."""

import faiss
import numpy as np
import pytest

from placeprint.arrays import nearest_candidates as module
from placeprint.arrays import squared_lengths
from placeprint.arrays.nearest_candidates import nearest_candidates


@pytest.mark.parametrize(("queries", "columns", "crowd"), [(256, 2048, 4), (3, 10, 1), (7, 64, 2)])
@pytest.mark.parametrize("count", [1, 9, 130])
def test_they_are_those_of_faiss(monkeypatch, queries, columns, crowd, count):
    for name, value in (("QUERIES", queries), ("COLUMNS", columns), ("CROWD", crowd)):
        monkeypatch.setattr(module, name, value)
    rng = np.random.default_rng(0)
    stored, asked = (rng.standard_normal((n, 24)).astype(np.float32) for n in (130, 17))
    values, rows = nearest_candidates(asked, stored, squared_lengths(stored), count)
    near, expected = faiss.knn(asked, stored, count)
    gaps = ((asked[:, None].astype(np.float64) - stored) ** 2).sum(axis=2)
    np.testing.assert_allclose(np.take_along_axis(gaps, rows, 1), near, atol=1e-4)
    assert all(len(set(row.tolist())) == count for row in rows)
    assert (rows == expected).mean() > 0.99
    np.testing.assert_allclose(values + squared_lengths(asked)[:, None], near, atol=1e-4)


def test_many_equals_are_no_trouble():
    stored = np.repeat(np.eye(3, dtype=np.float32), 5000, axis=0)
    values, rows = nearest_candidates(np.eye(3, dtype=np.float32), stored, squared_lengths(stored), 4000)
    assert (values == -1).all()
    for query, found in enumerate(rows):
        assert len(set(found.tolist())) == 4000
        assert (found // 5000 == query).all()
