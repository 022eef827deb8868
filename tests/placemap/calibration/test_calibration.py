import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from placeprint.metrics import coverage, reliability
from placeprint.placemap.calibration.calibration import (
    PRIOR_STRENGTH,
    Calibration,
    calibrate,
    conformal_quantile,
)


def simulated(rng, n):
    """Answers whose chance of being right is known, with errors to match."""
    cues = np.column_stack([rng.uniform(0, 1, n), rng.uniform(0, 1, n)])
    chance = expit(6.0 * cues[:, 0] - 2.0)
    right = rng.random(n) < chance
    errors = np.where(right, rng.exponential(6.0, n).clip(0, 24), rng.uniform(50, 500, n))
    return cues, errors, chance


def test_confidence_recovers_known_chances_and_radii_hold_their_share():
    rng = np.random.default_rng(0)
    cues, errors, _ = simulated(rng, 3000)
    learned = calibrate(cues, errors, np.ones(3000, bool))
    new, truth, chance = simulated(rng, 3000)
    confidence = np.array([learned.confidence(c) for c in new])
    assert np.abs(confidence - chance).max() < 0.08
    assert reliability(confidence, truth <= 25).expected_error < 0.03
    radii = np.array([learned.radii(c) for c in new])
    assert coverage(truth, radii[:, 0]) == pytest.approx(0.5, abs=0.05)
    assert coverage(truth, radii[:, 1]) == pytest.approx(0.9, abs=0.04)
    sure, unsure = confidence > 0.95, confidence < 0.4
    assert np.median(radii[sure, 1]) < 30.0 < 100.0 < np.median(radii[unsure, 1])


def test_a_cue_never_counts_against_an_answer():
    rng = np.random.default_rng(1)
    cues = rng.random((400, 1))
    learned = calibrate(cues, np.where(cues[:, 0] > 0.5, 100.0, 1.0), np.ones(400, bool))
    assert learned.weights[0] == 0.0


def test_photos_from_elsewhere_lower_confidence_where_evidence_is_weak():
    rng = np.random.default_rng(2)
    cues, errors, _ = simulated(rng, 300)
    away = rng.uniform(0, 0.4, (300, 2))
    alone = calibrate(cues, errors, np.ones(300, bool))
    both = calibrate(np.vstack([cues, away]), np.append(errors, np.full(300, 300.0)), np.arange(600) < 300)
    assert both.confidence(np.array([0.2, 0.2])) < alone.confidence(np.array([0.2, 0.2]))
    assert both.photos == 300


def test_few_photos_refine_the_prior_and_many_replace_it():
    prior = Calibration([4.0, 0.0, -1.0], [], [], 0)
    rng = np.random.default_rng(3)
    cues = rng.random((1000, 2))
    wrong = np.full(1000, 400.0)
    few = calibrate(cues[:2], wrong[:2], np.ones(2, bool), prior)
    many = calibrate(cues, wrong, np.ones(1000, bool), prior)
    at = np.array([0.8, 0.5])
    assert 0.6 < few.confidence(at) < prior.confidence(at)
    assert many.confidence(at) < 0.05
    assert prior.radii(at) == (25.0, 100.0)
    carrying = Calibration([4.0, 0.0, -1.0], [0.0], [77.0], 0)
    assert 77.0 in calibrate(cues[:5], wrong[:5], np.ones(5, bool), carrying).errors


def test_so_many_right_answers_prove_no_more_than_their_number():
    learned = Calibration([100.0, 0.0], [], [], photos=86)
    assert learned.confidence(np.array([5.0])) == pytest.approx(1.0 - 1.0 / (86 + PRIOR_STRENGTH + 2))


def test_an_answer_to_a_photo_from_elsewhere_is_never_right():
    cues = np.repeat([[1.0], [0.0]], 50, axis=0)
    errors = np.append(np.full(50, 3.0), np.full(50, 3.0))  # near by chance
    learned = calibrate(cues, errors, np.arange(100) < 50)
    assert learned.confidence(np.array([0.0])) < 0.6 < learned.confidence(np.array([1.0]))


def test_right_answers_alone_leave_the_weights_of_the_prior():
    prior = Calibration([2.0, -1.0], [], [], 0)
    learned = calibrate(np.ones((30, 1)), np.full(30, 2.0), np.ones(30, bool), prior)
    assert learned.weights == prior.weights
    assert max(learned.errors) == 2.0


@given(st.lists(st.floats(0, 1e3), min_size=1, max_size=40), st.sampled_from([0.5, 0.9]))
def test_with_equal_weights_the_quantile_is_the_conformal_rank(values, share):
    n = len(values)
    rank = min(int(np.ceil(share * (n + 1) - 1e-9)), n)
    assert conformal_quantile(np.array(values), np.ones(n), share) == sorted(values)[rank - 1]


def test_json_round_trip():
    rng = np.random.default_rng(4)
    cues, errors, _ = simulated(rng, 50)
    learned = calibrate(cues, errors, np.ones(50, bool))
    assert Calibration(**learned.to_dict()) == learned


def test_one_query_in_ten_is_taken_to_come_from_elsewhere():
    """Where cues tell nothing, n right answers and m from elsewhere leave a constant b alone: with e the
    share of those from elsewhere, n (σ(b) - (1 - e)) + κ b = 0, κ being a quarter of ten photos."""
    for n, m in ((5000, 40), (5000, 5000)):
        errors = np.append(np.full(n, 3.0), np.full(m, 300.0))
        learned = calibrate(np.zeros((n + m, 2)), errors, np.arange(n + m) < n)
        assert learned.weights[:2] == [0.0, 0.0]
        b = learned.weights[2]
        assert n * (expit(b) - 0.9) + 2.5 * b == pytest.approx(0.0, abs=1e-4)
        assert learned.confidence(np.zeros(2)) == pytest.approx(0.9, abs=0.002)


def test_an_error_of_the_tolerance_itself_is_right():
    cues, in_map = np.ones((40, 1)), np.ones(40, bool)
    at, beyond = (calibrate(cues, np.full(40, error), in_map) for error in (25.0, 25.001))
    assert at.confidence(cues[0]) > 0.8
    assert beyond.confidence(cues[0]) < 0.2
