"""Exact search against a naive oracle. `conforms` is what every other index must pass too."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placeprint.errors import PlaceprintError
from placeprint.index import ExactIndex
from placeprint.index import exact as exact_module

DIM = 4


def naive(stored: dict[int, np.ndarray], query: np.ndarray, k: int, allowed: set[int] | None):
    found = []
    for key, vector in stored.items():
        if allowed is None or key in allowed:
            found.append((float(((vector.astype(np.float64) - query) ** 2).sum()), key))
    found.sort()
    found = found[:k] + [(np.inf, -1)] * (k - len(found))
    return [key for _, key in found], [d for d, _ in found]


# Small integers make distances exact, so that ties are real ties.
vectors = st.lists(st.integers(-2, 2), min_size=DIM, max_size=DIM).map(lambda v: np.array(v, np.float32))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(vectors, min_size=1, max_size=5)),
        st.tuples(st.just("remove"), st.lists(st.integers(0, 20), max_size=4)),
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(
    steps,
    st.lists(vectors, min_size=1, max_size=3),
    st.integers(1, 7),
    st.none() | st.sets(st.integers(0, 25)),
)
def test_add_remove_and_search_agree_with_a_naive_loop(steps, queries, k, allowed):
    index, stored, number = ExactIndex(DIM), {}, 0
    for what, content in steps:
        if what == "add":
            ids = np.arange(number, number + len(content))
            number += len(content)
            index.add(ids, np.stack(content))
            stored.update(zip(ids.tolist(), content, strict=True))
        else:
            index.remove(np.array(content, np.int64))
            for key in content:
                stored.pop(key, None)
    assert len(index) == len(stored)
    chosen = None if allowed is None else np.array(sorted(allowed), np.int64)
    ids, squared = index.search(np.stack(queries), k, chosen)
    for row, query in enumerate(queries):
        expected_ids, expected = naive(stored, query, k, allowed)
        np.testing.assert_allclose(squared[row], expected)
        # A tie at the border may keep either of the tied; every other id is settled.
        inside = np.array(expected) < expected[-1]
        assert ids[row][inside].tolist() == np.array(expected_ids)[inside].tolist()


def test_chunks_do_not_change_the_answer(monkeypatch):
    rng = np.random.default_rng(0)
    content, queries = (
        rng.normal(size=(300, DIM)).astype(np.float32),
        rng.normal(size=(5, DIM)).astype(np.float32),
    )
    index = ExactIndex(DIM)
    index.add(np.arange(300), content)
    whole = index.search(queries, 10)
    monkeypatch.setattr(exact_module, "CHUNK", 7)
    for got, expected in zip(index.search(queries, 10), whole, strict=True):
        np.testing.assert_array_equal(got, expected)


def test_mapped_vectors_are_not_copied_on_add(tmp_path):
    np.save(tmp_path / "v.npy", np.eye(DIM, dtype=np.float32))
    mapped = np.load(tmp_path / "v.npy", mmap_mode="r")
    index = ExactIndex(DIM)
    index.add(np.array([7, 8, 9, 10]), mapped)
    assert index.search(mapped[2:3], 1)[0].tolist() == [[9]]
    assert np.shares_memory(index._vectors[0], mapped)


def test_a_wrong_shape_and_a_used_id_are_refused():
    index = ExactIndex(DIM)
    index.add(np.array([1]), np.zeros((1, DIM), np.float32))
    with pytest.raises(PlaceprintError, match="shape"):
        index.add(np.array([2]), np.zeros((1, DIM + 1), np.float32))
    with pytest.raises(PlaceprintError, match="already"):
        index.add(np.array([1]), np.zeros((1, DIM), np.float32))
    index.remove(np.array([1]))
    index.add(np.array([1]), np.zeros((1, DIM), np.float32))
    assert len(index) == 1
