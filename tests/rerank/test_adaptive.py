import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placeprint.rerank import needs_verification, position_aware_ratio


def naive(distances, positions, radius):
    best = min(range(len(distances)), key=lambda i: distances[i])
    others = [
        d for d, p in zip(distances, positions, strict=True) if np.hypot(*(p - positions[best])) > radius
    ]
    return distances[best] / (min(others) if others else max(distances))


def test_neighbours_at_the_same_place_are_no_rivals():
    distances = np.array([0.50, 0.51, 0.52, 1.00])
    positions = np.array([[0, 0], [10, 0], [0, 24], [300, 0]], float)
    assert position_aware_ratio(distances, positions) == 0.5
    assert not needs_verification(distances, positions)
    assert position_aware_ratio(distances, positions, radius=9.0) == pytest.approx(0.50 / 0.51)
    assert needs_verification(distances, positions, radius=9.0)


def test_one_place_one_candidate_none():
    near = np.array([[0, 0], [1, 0]], float)
    assert position_aware_ratio(np.array([0.4, 0.5]), near) == pytest.approx(0.8)
    assert position_aware_ratio(np.array([0.4]), near[:1]) == 0.0
    assert not needs_verification(np.zeros(0), np.zeros((0, 2)))
    assert needs_verification(np.zeros(2), near)  # two exact copies: nothing tells them apart
    with pytest.raises(ValueError, match="do not agree"):
        position_aware_ratio(np.zeros(3), near)


cases = st.integers(2, 20).flatmap(
    lambda n: st.tuples(st.lists(st.floats(0.1, 2.0), min_size=n, max_size=n), st.integers(0, 999))
)


@given(cases)
def test_like_a_loop_and_whatever_the_order(case):
    distances, seed = np.array(case[0]), case[1]
    rng = np.random.default_rng(seed)
    positions = rng.uniform(0, 80, (len(distances), 2))
    ratio = position_aware_ratio(distances, positions)
    assert ratio == pytest.approx(naive(distances, positions, 25.0))
    assert 0.0 < ratio <= 1.0
    if len(np.unique(distances)) == len(distances):
        shuffle = rng.permutation(len(distances))
        assert position_aware_ratio(distances[shuffle], positions[shuffle]) == ratio


@given(cases, st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_a_larger_threshold_never_verifies_more(case, one, other):
    distances = np.array(case[0])
    positions = np.random.default_rng(case[1]).uniform(0, 80, (len(distances), 2))
    strict = needs_verification(distances, positions, sure=min(one, other))
    loose = needs_verification(distances, positions, sure=max(one, other))
    assert strict or not loose
