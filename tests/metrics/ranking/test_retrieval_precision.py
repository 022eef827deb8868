import pytest
from hypothesis import given
from hypothesis import strategies as st

from placeprint.metrics import precision_at, r_precision, retrieval_recall_at

unique = st.lists(st.integers(0, 12), max_size=8, unique=True)


@given(st.lists(st.tuples(unique, unique), min_size=1, max_size=5), st.integers(1, 9))
def test_they_equal_naive_loops_over_queries_with_positives(rows, n):
    kept = [(a, p) for a, p in rows if p]
    ranked, positives = [a for a, _ in rows], [p for _, p in rows]
    if not kept:
        for metric in (precision_at, retrieval_recall_at, r_precision):
            with pytest.raises(ValueError, match="no query has positives"):
                metric(ranked, positives)
        return
    found = [len(set(a[:n]) & set(p)) for a, p in kept]
    assert precision_at(ranked, positives, [n])[n] == pytest.approx(sum(found) / n / len(kept))
    recall = sum(f / len(p) for f, (_, p) in zip(found, kept, strict=True)) / len(kept)
    assert retrieval_recall_at(ranked, positives, [n])[n] == pytest.approx(recall)
    at_r = sum(len(set(a[: len(p)]) & set(p)) / len(p) for a, p in kept) / len(kept)
    assert r_precision(ranked, positives) == pytest.approx(at_r)


def test_hand_made_query():
    ranked, positives = [[1, 9, 2, 8]], [[1, 2, 3]]
    assert precision_at(ranked, positives, (1, 2, 5)) == pytest.approx({1: 1.0, 2: 0.5, 5: 0.4})
    assert retrieval_recall_at(ranked, positives, (1, 5)) == pytest.approx({1: 1 / 3, 5: 2 / 3})
    assert r_precision(ranked, positives) == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match="do not match"):
        precision_at(ranked, [])


def test_ranks_where_none_are_named():
    for metric in (precision_at, retrieval_recall_at):
        assert list(metric([[1]], [[1]])) == [1, 5, 10, 20]
