"""What every index must do, whatever it is made of. `check_contract` holds any registered index to it,
`check_exact` one that claims to be exact against a naive loop.

Vectors of small integers make squared distances exact, so that ties are real ties.
"""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placeprint.errors import FormatError, PlaceprintError
from placeprint.index import Index

DIM = 4
KEYS = st.integers(0, 30)
VECTOR = st.lists(st.integers(-2, 2), min_size=DIM, max_size=DIM).map(tuple)
STEP = st.one_of(
    st.tuples(st.just("add"), st.dictionaries(KEYS, VECTOR, max_size=12)),
    st.tuples(st.just("remove"), st.lists(KEYS, max_size=8)),
)


def naive(stored, query, k, allowed, metric):
    """(distances, ids) by sorting everything by distance and then id."""

    def distance(vector):
        if metric == "l2":
            return sum((a - b) ** 2 for a, b in zip(vector, query, strict=True))
        return 1 - sum(a * b for a, b in zip(vector, query, strict=True))

    found = sorted((distance(v), key) for key, v in stored.items() if allowed is None or key in allowed)
    found = found[:k] + [(np.inf, -1)] * (k - len(found))
    return [d for d, _ in found], [key for _, key in found]


def check_exact(make: Callable[[int], Index]) -> None:
    """Right after any additions and removals, for any `allowed`, and whatever else is asked for."""

    @settings(max_examples=120, deadline=None, database=None)
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
        distances, ids = index.search(np.array(queries, np.float32), k, chosen)
        assert (ids.dtype, distances.dtype) == (np.int64, np.float32)
        for row, query in enumerate(queries):
            expected = naive(stored, query, k, allowed, index.metric)
            assert (distances[row].tolist(), ids[row].tolist()) == expected

    check()
    _batches_do_not_matter(make)
    _near_copies_hide_nothing(make)


def check_contract(make: Callable[[int], Index], path) -> None:
    """What holds for approximate indexes as well."""
    rng = np.random.default_rng(0)
    content = rng.normal(size=(600, 16)).astype(np.float32)
    index = make(16)
    assert (index.dim, index.metric in ("l2", "ip"), len(index)) == (16, True, 0)
    assert index.search(content[:1], 2)[1].tolist() == [[-1, -1]]
    index.train(content)
    assert index.is_trained
    ids = rng.permutation(5000)[:600]
    index.add(ids, content)
    distances, found = index.search(content[:50], 5)
    assert (np.diff(distances, axis=1) >= 0).all()
    assert (found[:, 0] == ids[:50]).mean() > 0.9 or index.metric == "ip"
    some = np.sort(ids[100:120])
    assert set(index.search(content[:3], 30, some)[1].ravel()) <= {*some.tolist(), -1}
    mask = np.isin(index.ids, some)
    np.testing.assert_array_equal(index.search(content, 3, mask)[1], index.search(content, 3, some)[1])
    index.remove(ids[:1])
    assert len(index) == 599
    assert ids[0] not in index.search(content[:1], 20)[1]
    assert index.memory(2000) > index.memory(1000) > 0
    with pytest.raises(PlaceprintError, match="unheard_of"):
        index.search(content[:1], 1, unheard_of=3)
    _refuses_mistakes(index)
    index.save(path)
    again = type(index).load(path)
    assert (again.spec, again.dim, again.metric, len(again)) == (index.spec, 16, index.metric, 599)
    for one, other in zip(again.search(content[:20], 4), index.search(content[:20], 4), strict=True):
        np.testing.assert_array_equal(one, other)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(FormatError):
        type(index).load(path)


def _refuses_mistakes(index):
    before, dim, known = index.ids.tolist(), index.dim, int(index.ids[0])
    for ids, shape in (
        ([9999], (1, dim + 1)),
        ([9998, 9999], (1, dim)),
        ([known], (1, dim)),
        ([9999, 9999], (2, dim)),
        ([-1], (1, dim)),
    ):
        with pytest.raises(PlaceprintError):
            index.add(np.array(ids), np.zeros(shape, np.float32))
        assert index.ids.tolist() == before
    with pytest.raises(PlaceprintError):
        index.search(np.zeros((1, dim + 1), np.float32), 1)
    with pytest.raises(PlaceprintError):
        index.search(np.zeros((1, dim), np.float32), 0)
    with pytest.raises(PlaceprintError):
        index.search(np.zeros((1, dim), np.float32), 1, np.array([True, False]))


def _batches_do_not_matter(make):
    """The same answer, to the last bit, alone and among others; and what was added stays as it was."""
    rng = np.random.default_rng(0)
    content, queries = (
        rng.normal(size=(500, 64)).astype(np.float32),
        rng.normal(size=(70, 64)).astype(np.float32),
    )
    index = make(64)
    index.add(np.arange(500), content)
    distances, ids = index.search(queries, 10)
    content[:] = 0
    alone = [index.search(query[None], 10) for query in queries]
    np.testing.assert_array_equal(ids, np.concatenate([found for _, found in alone]))
    np.testing.assert_array_equal(distances, np.concatenate([each for each, _ in alone]))


def _near_copies_hide_nothing(make):
    """300 vectors that differ by less than single precision can tell in a product."""
    rng = np.random.default_rng(1)
    one = rng.normal(size=128)
    one /= np.linalg.norm(one)
    content = (one + 1e-5 * rng.normal(size=(300, 128))).astype(np.float32)
    query = (one + 1e-5 * rng.normal(size=128)).astype(np.float32)
    index = make(128)
    index.add(np.arange(300), content)
    if index.metric == "l2":
        true = ((content.astype(np.float64) - query.astype(np.float64)) ** 2).sum(axis=1)
    else:
        true = 1 - content.astype(np.float64) @ query.astype(np.float64)
    assert index.search(query[None], 5)[1][0].tolist() == np.argsort(true, kind="stable")[:5].tolist()
