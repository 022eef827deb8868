import sys

import numpy as np
import pytest
from index_conformance import check_exact

from placeprint.index import ExactIndex
from placeprint.index import exact as exact_module

kernel = sys.modules["placeprint.arrays.nearest"]


@pytest.mark.parametrize("faiss", [True, False])
@pytest.mark.parametrize("metric", ["l2", "ip"])
@pytest.mark.parametrize(("chunk", "queries"), [(65_536, 1024), (5, 2)])
def test_it_is_exact(monkeypatch, chunk, queries, metric, faiss):
    monkeypatch.setattr(exact_module, "CHUNK", chunk)
    monkeypatch.setattr(kernel, "QUERIES", queries)
    monkeypatch.setattr(sys.modules["placeprint.arrays.nearest_candidates"], "FAISS_FROM", 0)
    if not faiss:
        monkeypatch.setitem(sys.modules, "faiss", None)
    check_exact(lambda dim: ExactIndex(dim, metric))


def test_it_is_right_where_single_precision_is_not():
    """1,000 points whose distances differ by less than faiss can tell, far from the origin."""
    rng = np.random.default_rng(0)
    content = (1000.0 + rng.normal(scale=0.01, size=(1000, 32))).astype(np.float32)
    queries = (1000.0 + rng.normal(scale=0.01, size=(30, 32))).astype(np.float32)
    index = ExactIndex(32)
    index.add(np.arange(1000), content)
    squared, ids = index.search(queries, 5)
    true = ((content.astype(np.float64) - queries.astype(np.float64)[:, None]) ** 2).sum(axis=2)
    order = np.argsort(true, axis=1, kind="stable")[:, :5]
    np.testing.assert_array_equal(ids, order)
    np.testing.assert_allclose(squared, np.take_along_axis(true, order, 1), rtol=1e-6)


def test_equal_vectors_come_in_order_of_their_ids_however_many():
    index = ExactIndex(8)
    rng = np.random.default_rng(0)
    one = rng.normal(size=8).astype(np.float32)
    ids = rng.permutation(5000)
    index.add(ids, np.tile(one, (5000, 1)))
    squared, found = index.search(one[None], 20)
    assert found[0].tolist() == list(range(20))
    assert (squared == 0).all()


def test_the_double_precision_pass_is_seldom_needed(monkeypatch):
    rng = np.random.default_rng(0)
    content = rng.normal(size=(2000, 128)).astype(np.float32)
    content /= np.linalg.norm(content, axis=1, keepdims=True)
    index = ExactIndex(128)
    index.add(np.arange(2000), content)
    monkeypatch.setattr(kernel, "_within", lambda *_: pytest.fail("was not needed"))
    index.search(content[:100] + np.float32(0.01), 20)


def test_mapped_vectors_are_not_copied(tmp_path):
    np.save(tmp_path / "v.npy", np.eye(4, dtype=np.float32))
    mapped = np.load(tmp_path / "v.npy", mmap_mode="r")
    index = ExactIndex(4)
    index.add(np.array([7, 8, 9, 10]), mapped)
    assert index.search(mapped[2:3], 1)[1].tolist() == [[9]]
    assert np.shares_memory(index._parts[0].vectors, mapped)
