import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placeprint.metrics import positive_ranks
from placeprint.metrics.ranking.ranks import check_lengths

ids = st.lists(st.integers(0, 12), max_size=15)


@given(ids, st.lists(st.integers(0, 12), unique=True), st.integers(0, 12))
def test_ranks_equal_those_in_a_list_from_which_the_junk_is_removed(answers, truth, cut):
    positives, junk = truth[:cut], truth[cut:]
    kept = [a for a in answers if a not in junk]
    naive = sorted(kept.index(p) for p in positives if p in kept)
    assert positive_ranks(answers, positives, junk).tolist() == naive


def test_junk_before_and_behind_and_an_id_that_comes_twice():
    assert positive_ranks([9, 3, 8, 9, 3, 4, 8], [3, 4, 5], [8, 9]).tolist() == [0, 2]
    with pytest.raises(ValueError, match=r"both positive and junk: \[4\]"):
        positive_ranks([1], [3, 4], [4])


def test_ids_of_64_bits_stay_apart():
    large = 2**62
    assert positive_ranks(np.array([large, large + 1]), [large + 1]).tolist() == [1]


def test_each_query_has_its_ground_truth():
    check_lengths([[1]], [[1]], [[2]])
    check_lengths([[1], [2]])
    for ranked, truths in (([], [[]]), ([[1]], [[[1], [2]]]), ([[1]], [[[1]], []]), ([[1], [2]], [[[1]]])):
        with pytest.raises(ValueError, match="do not match"):
            check_lengths(ranked, *truths)
