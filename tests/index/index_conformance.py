"""What every `Index` must do, against a naive loop. A test of an implementation calls `check_index`.

Vectors of small integers make squared distances exact, so that ties are real ties.
"""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placeprint.errors import PlaceprintError
from placeprint.index import Index

DIM = 3
KEYS = st.integers(0, 30)
VECTOR = st.lists(st.integers(-2, 2), min_size=DIM, max_size=DIM).map(tuple)
STEP = st.one_of(
    st.tuples(st.just("add"), st.dictionaries(KEYS, VECTOR, max_size=12)),
    st.tuples(st.just("remove"), st.lists(KEYS, max_size=8)),
)


def naive(stored, query, k, allowed):
    """(ids, squared distances) by sorting everything by distance and then id."""
    found = sorted(
        (sum((a - b) ** 2 for a, b in zip(vector, query, strict=True)), key)
        for key, vector in stored.items()
        if allowed is None or key in allowed
    )
    found = found[:k] + [(np.inf, -1)] * (k - len(found))
    return [key for _, key in found], [d for d, _ in found]


def check_index(make: Callable[[int], Index]) -> None:
    """Run the whole suite on indexes that `make(dim)` creates, empty."""
    _agrees_with_a_naive_loop(make)
    _refuses_mistakes(make)
    _batches_do_not_matter(make)


def _agrees_with_a_naive_loop(make):
    @settings(max_examples=150, deadline=None, database=None)
    @given(
        st.lists(STEP, max_size=8),
        st.lists(VECTOR, min_size=1, max_size=3),
        st.integers(1, 40),
        st.none() | st.sets(st.integers(0, 35)),
        st.booleans(),
    )
    def check(steps, queries, k, allowed, as_mask):
        index, stored = make(DIM), {}
        for what, content in steps:
            if what == "add":
                new = {key: vector for key, vector in content.items() if key not in stored}
                index.add(
                    np.array(list(new), np.int64), np.array(list(new.values()), np.float32).reshape(-1, DIM)
                )
                stored.update(new)
            else:
                index.remove(np.array(content, np.int64))
                for key in content:
                    stored.pop(key, None)
        assert len(index) == len(stored)
        assert sorted(index.ids.tolist()) == sorted(stored)
        chosen = None if allowed is None else np.array(sorted(allowed), np.int64)
        if as_mask and chosen is not None:
            chosen = np.isin(index.ids, chosen)
        ids, squared = index.search(np.array(queries, np.float32), k, chosen)
        assert (ids.dtype, squared.dtype) == (np.int64, np.float32)
        for row, query in enumerate(queries):
            expected = naive(stored, query, k, allowed)
            assert (ids[row].tolist(), squared[row].tolist()) == expected

    check()


def _refuses_mistakes(make):
    index = make(DIM)
    index.add(np.array([1]), np.zeros((1, DIM), np.float32))
    for ids, shape in (
        ([2], (1, DIM + 1)),
        ([2, 3], (1, DIM)),
        ([1], (1, DIM)),
        ([2, 2], (2, DIM)),
        ([-1], (1, DIM)),
    ):
        with pytest.raises(PlaceprintError):
            index.add(np.array(ids), np.zeros(shape, np.float32))
        assert index.ids.tolist() == [1]
    with pytest.raises(PlaceprintError):
        index.search(np.zeros((1, DIM + 1), np.float32), 1)
    with pytest.raises(PlaceprintError):
        index.search(np.zeros((1, DIM), np.float32), 1, np.array([True, False]))


def _batches_do_not_matter(make):
    """The same answer, to the last bit, alone and among others; and what was added stays as it was."""
    rng = np.random.default_rng(0)
    content, queries = (
        rng.normal(size=(500, 64)).astype(np.float32),
        rng.normal(size=(70, 64)).astype(np.float32),
    )
    index = make(64)
    index.add(np.arange(500), content)
    ids, squared = index.search(queries, 10)
    content[:] = 0
    alone = [index.search(query[None], 10) for query in queries]
    np.testing.assert_array_equal(ids, np.concatenate([a for a, _ in alone]))
    np.testing.assert_array_equal(squared, np.concatenate([b for _, b in alone]))
