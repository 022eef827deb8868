import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placeprint.metrics import global_average_precision, landmark_mean_average_precision


def test_hand_made_rankings():
    ranked = [[], [200, 210], [240], [230, 240]]
    positives = [[210, 220], [210], [230, 240, 250], [230]]
    assert landmark_mean_average_precision(ranked, positives) == pytest.approx((0 + 1 / 2 + 1 / 3 + 1) / 4)
    # With one answer a query, one right answer is all there can be.
    assert landmark_mean_average_precision(ranked, positives, at=1) == pytest.approx((0 + 0 + 1 + 1) / 4)
    assert landmark_mean_average_precision([*ranked, [1]], [*positives, []]) == pytest.approx(11 / 24)


def test_the_hundredth_answer_counts_and_the_next_does_not():
    answers = np.arange(101)
    assert landmark_mean_average_precision([answers], [[99]]) == pytest.approx(1 / 100)
    assert landmark_mean_average_precision([answers], [[100]]) == 0.0
    assert landmark_mean_average_precision([answers], [np.arange(150)]) == pytest.approx(1.0)


def test_gap_counts_queries_that_were_not_answered_and_predictions_where_nothing_is():
    # Unanswered; wrong; right; a prediction for a photo without a landmark, surest of all; neither.
    confidence = [-np.inf, 0.01, 10.0, 15.0, -np.inf]
    right = [False, False, True, False, False]
    depicts = [True, True, True, False, False]
    assert global_average_precision(confidence, right, depicts) == pytest.approx(1 / 6)
    keep = np.array(depicts)
    assert global_average_precision(
        *(np.array(v)[keep] for v in (confidence, right, depicts))
    ) == pytest.approx(1 / 3)


@given(st.lists(st.booleans(), min_size=1, max_size=20), st.integers(1, 20))
def test_gap_equals_the_sum_over_ranks(right, unanswered):
    confidence = [-float(i) for i in range(len(right))] + [-np.inf] * unanswered
    outcome = right + [False] * unanswered
    total = sum(sum(right[: i + 1]) / (i + 1) for i, r in enumerate(right) if r)
    got = global_average_precision(confidence, outcome, [True] * len(outcome))
    assert got == pytest.approx(total / len(outcome))
