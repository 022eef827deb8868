import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from placeprint.metrics import average_precision, average_precisions, mean_average_precision

permutation = st.permutations(range(10))


def naive(ranked, positives, junk, method, at):
    """Walk down the list as a person would."""
    walked = [a for a in ranked if a not in junk][:at]
    total = len(positives) if at is None else min(at, len(positives))
    area = right = 0.0
    before = 1.0
    for place, answer in enumerate(walked, 1):
        right += answer in positives
        if answer in positives:
            area += right / place if method == "rectangle" else (before + right / place) / 2
        before = right / place
    return area / total if total else np.nan


@given(
    permutation,
    permutation,
    st.tuples(*[st.integers(0, 10)] * 3),
    st.sampled_from(["trapezoid", "rectangle"]),
    st.none() | st.integers(1, 11),
)
def test_it_equals_a_walk_down_the_list(ranking, truth, sizes, method, at):
    ranked = ranking[: sizes[0]]
    positives, junk = truth[: sizes[1]], truth[sizes[1] : sizes[1] + sizes[2]]
    expected = naive(ranked, positives, junk, method, at)
    assert average_precision(ranked, positives, junk, method, at) == pytest.approx(expected, nan_ok=True)


@given(permutation, st.integers(1, 10))
def test_the_rectangle_is_scikit_learns(ranking, count):
    right = np.isin(ranking, np.arange(count))
    expected = average_precision_score(right, -np.arange(10))
    assert average_precision(ranking, range(count), method="rectangle") == pytest.approx(expected)


def test_hand_made_rankings():
    # Right at ranks 0, 1 and 4 of three: (1+1)/2, (1+1)/2, (2/4+3/5)/2.
    ranked = [1, 2, 8, 9, 3]
    assert average_precision(ranked, [1, 2, 3]) == pytest.approx((1 + 1 + 0.55) / 3)
    assert average_precision(ranked, [1, 2, 3], method="rectangle") == pytest.approx((1 + 1 + 0.6) / 3)
    # Junk in front does not count; the fourth positive was never found; a first rank of 1 starts at 0/1.
    assert average_precision([7, 1, 2, 8, 9, 3], [1, 2, 3, 4], [7]) == pytest.approx(2.55 / 4)
    assert average_precision([8, 1], [1]) == pytest.approx(0.25)
    # Two of five positives can be among the first two.
    assert average_precision([1, 2, 3], [1, 2, 3, 4, 5], method="rectangle", at=2) == 1.0
    assert average_precision([1, 1, 2], [1, 1, 2], method="rectangle") == pytest.approx((1 + 2 / 3) / 2)


def test_queries_without_positives_are_left_out_of_the_mean():
    ranked, positives = [[1, 2], [1, 2], [2, 1]], [[1], [], [1]]
    assert average_precisions(ranked, positives, method="rectangle").tolist() == pytest.approx(
        [1.0, np.nan, 0.5], nan_ok=True
    )
    assert mean_average_precision(ranked, positives) == pytest.approx((1 + 0.25) / 2)
    assert mean_average_precision(ranked, positives, [[], [], [2]]) == 1.0
    with pytest.raises(ValueError, match="no query has positives"):
        mean_average_precision(ranked, [[], [], []])
    with pytest.raises(ValueError, match="do not match"):
        mean_average_precision(ranked, positives, [[]])
    with pytest.raises(ValueError, match="at must be at least 1, not 0"):
        average_precision([1], [1], at=0)
