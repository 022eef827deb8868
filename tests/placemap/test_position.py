import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from placeprint.placemap.position import CHANCE, TEMPERATURE, UNRELATED, estimate


def test_two_far_apart_groups_do_not_average_into_the_river():
    left = np.array([[-200.0, 0.0], [-203.0, 2.0], [-198.0, -1.0]])
    right = np.array([[200.0, 0.0], [204.0, 1.0]])
    found = estimate(np.vstack([left, right]), np.array([0.50, 0.52, 0.53, 0.49, 0.55]), bandwidth=10.0)
    assert np.hypot(*(found.meters - left.mean(0))) < 5.0
    assert found.here.tolist() == [True, True, True, False, False]


def test_one_outlier_at_the_top_loses_against_neighbors_that_agree():
    positions = np.array([[500.0, 0.0], [0.0, 0.0], [5.0, 0.0], [0.0, 5.0]])
    found = estimate(positions, np.array([0.60, 0.61, 0.61, 0.62]), bandwidth=10.0)
    assert np.hypot(*found.meters) < 10.0


def test_the_mode_is_a_fixed_point_of_a_naive_mean_shift():
    rng = np.random.default_rng(1)
    positions, squared = rng.normal(0, 12, (30, 2)), rng.uniform(0.5, 1.0, 30)
    found = estimate(positions, squared, bandwidth=15.0)
    top = np.zeros(2)
    mass = 0.0
    for (x, y), d in zip(positions, squared, strict=True):
        w = np.exp(-(d - squared.min()) / TEMPERATURE)
        w *= np.exp(-((x - found.meters[0]) ** 2 + (y - found.meters[1]) ** 2) / (2 * 15.0**2))
        top += w * np.array([x, y])
        mass += w
    np.testing.assert_allclose(top / mass, found.meters, atol=0.05)


def test_cues_of_a_hand_made_case():
    positions = np.array([[0.0, 0.0], [300.0, 0.0]])
    margin, agreement = estimate(positions, np.array([0.4, 1.0]), bandwidth=10.0).cues
    assert margin == pytest.approx(0.6)
    assert agreement == pytest.approx(1.0 / (1.0 + np.exp(-0.6 / TEMPERATURE)))
    lonely = estimate(positions[:1], np.array([0.4]), bandwidth=10.0)
    np.testing.assert_allclose(lonely.cues, [0.0, 0.0])  # held against nothing, a likeness is no evidence
    unlike = estimate(positions, np.array([0.4, 3.0]), bandwidth=10.0)
    assert unlike.cues[0] == pytest.approx(UNRELATED - 0.4)
    assert lonely.here.tolist() == [True]


def test_agreement_is_the_share_of_all_votes_cast_at_the_place():
    positions = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [300.0, 0.0], [600.0, 0.0]])
    assert estimate(positions, np.full(5, 0.5), bandwidth=10.0).cues[1] == pytest.approx(3 / 5)


def test_geometry_outvotes_a_slightly_nearer_descriptor():
    positions = np.array([[0.0, 0.0], [300.0, 0.0], [320.0, 0.0]])
    squared = np.array([0.50, 0.52, 0.6])
    assert estimate(positions, squared, 10.0).meters[0] < 1.0
    found = estimate(positions, squared, 10.0, scores=np.array([4.0, 64.0, np.nan]))
    assert found.meters[0] > 299.0
    assert found.here.tolist() == [False, True, True]
    margin, agreement, proof, lead = found.cues
    assert margin == pytest.approx(-0.02)
    assert proof == pytest.approx(8.0 - np.sqrt(CHANCE))
    assert lead == pytest.approx(8.0 - np.sqrt(CHANCE))
    rivals = estimate(positions, squared, 10.0, scores=np.array([49.0, 64.0, np.nan])).cues
    assert rivals[3] == pytest.approx(8.0 - 7.0)
    nothing = estimate(positions, squared, 10.0, scores=np.zeros(3)).cues
    np.testing.assert_allclose(nothing[2:], [0.0, -np.sqrt(CHANCE)])
    assert agreement > 0.99


@given(
    arrays(np.float64, (6, 2), elements=st.floats(-300, 300)),
    arrays(np.float64, 6, elements=st.floats(0, 2)),
    st.permutations(range(6)),
    st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)),
)
def test_the_order_of_candidates_and_the_origin_do_not_matter(positions, squared, order, shift):
    votes = np.exp(-(squared - squared.min()) / TEMPERATURE)
    kernel = np.exp(-((positions[:, None] - positions[None]) ** 2).sum(-1) / (2 * 15.0**2))
    density = np.sort(kernel @ votes)
    if density[-1] - density[-2] < 1e-6:
        return  # a tie may be broken either way
    one = estimate(positions, squared, 15.0)
    other = estimate(positions[list(order)] + shift, squared[list(order)], 15.0)
    np.testing.assert_allclose(one.meters + shift, other.meters, atol=1e-5)


def test_the_place_is_all_within_two_bandwidths_of_the_mode():
    positions = np.array([[0.0, 0.0], [19.9, 0.0], [0.0, -20.1], [25.0, 0.0], [29.9, 0.0]])
    found = estimate(positions, np.array([0.1, 2.0, 2.0, 2.0, 2.0]), bandwidth=10.0)
    np.testing.assert_allclose(found.meters, [0.0, 0.0], atol=0.01)
    assert found.here.tolist() == [True, True, False, False, False]
