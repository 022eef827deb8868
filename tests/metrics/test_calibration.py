import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss

from placeprint.metrics import brier_score, coverage, negative_log_likelihood, reliability


def test_reliability_of_hand_made_answers():
    confidence = np.array([0.05, 0.08, 0.81, 0.85, 0.89, 1.0])
    right = np.array([False, True, True, True, False, True])
    curve = reliability(confidence, right)
    assert curve.count.tolist() == [2, 3, 1]
    np.testing.assert_allclose(curve.confidence, [0.065, 0.85, 1.0])
    np.testing.assert_allclose(curve.accuracy, [0.5, 2 / 3, 1.0])
    assert curve.expected_error == pytest.approx((2 * 0.435 + 3 * abs(2 / 3 - 0.85)) / 6)


def test_honest_confidences_have_a_small_expected_error_and_boasting_ones_a_large_one():
    rng = np.random.default_rng(0)
    confidence = rng.random(20_000)
    right = rng.random(20_000) < confidence
    assert reliability(confidence, right).expected_error < 0.02
    assert reliability(np.sqrt(confidence), right).expected_error > 0.1


def test_coverage_counts_a_truth_on_the_circle_as_inside():
    assert coverage(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 1.0, 5.0, 1.0])) == 0.5


def test_proper_scores_are_scikit_learns():
    rng = np.random.default_rng(0)
    confidence = rng.random(200)
    right = rng.random(200) < confidence
    assert brier_score(confidence, right) == pytest.approx(brier_score_loss(right, confidence))
    assert negative_log_likelihood(confidence, right) == pytest.approx(log_loss(right, confidence))


def test_certainty_costs_nothing_where_right_and_everything_where_wrong():
    certain = np.array([1.0, 0.0])
    assert negative_log_likelihood(certain, np.array([True, False])) == 0.0
    assert negative_log_likelihood(certain, np.array([True, True])) == np.inf
    assert brier_score(certain, np.array([True, True])) == 0.5


@pytest.mark.parametrize("score", [reliability, brier_score, negative_log_likelihood])
def test_no_answers_and_confidences_beyond_one_are_errors(score):
    with pytest.raises(ValueError, match="do not match"):
        score(np.array([]), np.array([], bool))
    for confidence in (-0.1, 1.1, np.nan):
        with pytest.raises(ValueError, match="outside"):
            score(np.array([confidence]), np.array([True]))


def test_coverage_without_answers_is_an_error():
    with pytest.raises(ValueError, match="not defined"):
        coverage(np.array([]), np.array([]))


def test_full_confidence_falls_into_the_last_bin():
    assert reliability(np.array([0.95, 1.0]), np.array([True, True])).count.tolist() == [2]
