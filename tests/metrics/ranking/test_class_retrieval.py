import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placeprint.metrics import class_recall_at


@given(st.integers(0, 2**32), st.integers(2, 12), st.integers(1, 5), st.integers(1, 11))
def test_it_equals_a_naive_loop(seed, count, classes, k):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, count)
    ranked = np.stack([rng.permutation(count) for _ in range(count)])
    hits = 0
    for i, row in enumerate(ranked.tolist()):
        others = [j for j in row if j != i][:k]
        hits += any(labels[j] == labels[i] for j in others)
    assert class_recall_at(ranked, labels, [k])[k] == pytest.approx(hits / count)


def test_the_query_itself_is_no_answer_wherever_it_stands():
    labels = np.array(["jay", "jay", "owl"])
    ranked = [[0, 2, 1], [2, 1, 0], [2, 0, 1]]
    assert class_recall_at(ranked, labels, (1, 2)) == pytest.approx({1: 0.0, 2: 2 / 3})
    # Without it in the rows, the answers are the same.
    assert class_recall_at([[2, 1], [2, 0], [0, 1]], labels, (1, 2)) == pytest.approx({1: 0.0, 2: 2 / 3})


def test_rows_that_are_too_short_are_refused():
    with pytest.raises(ValueError, match="Recall@2 needs 2 photos"):
        class_recall_at([[0, 1], [1, 0], [2, 1]], [0, 0, 1], (1, 2))
    with pytest.raises(ValueError, match="do not match"):
        class_recall_at([[0, 1]], [0, 0])
    with pytest.raises(ValueError, match="not one of the 2 photos"):
        class_recall_at([[0, 1], [1, -1]], [0, 0], (1,))
    with pytest.raises(ValueError, match="not one of the 2 photos"):
        class_recall_at([[0, 1], [1, 2]], [0, 0], (1,))
    assert class_recall_at([[0]], [0], (1, 8)) == {1: 0.0, 8: 0.0}


def test_ranks_where_none_are_named():
    everyone = np.tile(np.arange(10), (10, 1))
    assert list(class_recall_at(everyone, np.zeros(10, int))) == [1, 2, 4, 8]


def test_one_row_that_is_too_short_is_an_error():
    ranked = np.tile(np.arange(4), (4, 1))
    ranked[2] = 2  # its own id in place of the others
    with pytest.raises(ValueError, match="needs 3 photos in each row"):
        class_recall_at(ranked, np.zeros(4, int), (3,))
