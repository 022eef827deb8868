import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placeprint.metrics import first_hits, recall_at

ids = st.lists(st.integers(0, 12), max_size=8, unique=True).map(lambda v: np.array(v, np.int64))


@given(st.lists(st.tuples(ids, ids), min_size=1, max_size=6), st.integers(1, 9))
def test_recall_equals_a_naive_loop(pairs, n):
    hits = 0
    for answers, right in pairs:
        hits += any(a in set(right.tolist()) for a in answers[:n].tolist())
    assert recall_at([p[0] for p in pairs], [p[1] for p in pairs], [n])[n] == pytest.approx(hits / len(pairs))


def test_a_query_without_positives_is_a_failure_and_short_lists_count_what_they_have():
    ranked = [np.array([3]), np.array([5, 7])]
    right = [np.array([], np.int64), np.array([7])]
    assert recall_at(ranked, right, (1, 2, 20)) == {1: 0.0, 2: 0.5, 20: 0.5}
    for ranks, truth in (([], []), (ranked, right[:1])):
        with pytest.raises(ValueError, match="do not match"):
            recall_at(ranks, truth)


def test_first_hits_are_counted_from_zero_and_infinite_where_nothing_is_right():
    ranked = np.array([[4, 5, 6], [5, 4, 6], [5, 6, 7], [4, 4, 4]])
    right = [np.array([4]), np.array([6, 4]), np.array([4]), np.array([], np.int64)]
    first = first_hits(ranked, right)
    assert first.tolist() == [0.0, 1.0, np.inf, np.inf]
    assert recall_at(ranked, right, (1, 2, 3)) == {n: np.mean(first < n) for n in (1, 2, 3)}


def test_ranks_where_none_are_named():
    assert list(recall_at([np.array([1])], [np.array([1])])) == [1, 5, 10, 20]
