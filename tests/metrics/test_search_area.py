import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placeprint.metrics import area_searched, recall_over_area, union_of_discs


def strips(centers, radius, count=4000):
    """Sum of the union's lengths along horizontal lines."""
    low, high = centers[:, 1].min() - radius, centers[:, 1].max() + radius
    lines = low + (np.arange(count) + 0.5) * (high - low) / count
    half = np.sqrt(np.maximum(radius**2 - (lines[:, None] - centers[:, 1]) ** 2, 0))
    begin, end = centers[:, 0] - half, centers[:, 0] + half
    order = np.argsort(begin, axis=1)
    begin, end = np.take_along_axis(begin, order, 1), np.take_along_axis(end, order, 1)
    reach = np.maximum.accumulate(np.concatenate([begin[:, :1], end[:, :-1]], 1), axis=1)
    return np.maximum(end - np.maximum(begin, reach), 0).sum() * (high - low) / count


def lens(distance, radius):
    return 2 * radius**2 * np.arccos(distance / (2 * radius)) - distance / 2 * np.sqrt(
        4 * radius**2 - distance**2
    )


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.integers(1, 15), st.floats(1, 200), st.booleans())
def test_the_union_equals_a_sum_over_strips(seed, count, spread, on_grid):
    centers = np.random.default_rng(seed).uniform(-spread, spread, (count, 2))
    if on_grid:  # equal centers, equal distances, arcs that end where others begin
        centers = np.round(centers / 25) * 25
    assert union_of_discs(centers, 25.0) == pytest.approx(strips(centers, 25.0), rel=2e-4)


def test_two_discs_in_closed_form_also_far_from_the_origin():
    disc = np.pi * 25**2
    for distance in (1e-3, 10.0, 25.0, 49.9, 50.0, 80.0):
        shared = lens(distance, 25.0) if distance < 50 else 0.0
        for angle in (0.0, 1.0, np.pi, 5.0):
            other = distance * np.array([np.cos(angle), np.sin(angle)])
            for offset in ([0.0, 0.0], [585_000.0, 4_477_000.0]):
                area = union_of_discs(np.array([[0.0, 0.0], other]) + offset, 25.0)
                assert area == pytest.approx(2 * disc - shared, rel=1e-10)
    assert union_of_discs([[3, 4], [3, 4]], 25.0) == pytest.approx(disc)
    assert union_of_discs([], 25.0) == 0.0


def test_ground_around_a_hole_is_counted_and_the_hole_is_not():
    ring = 40 * np.exp(2j * np.pi * np.arange(8) / 8)
    centers = np.stack([ring.real, ring.imag], 1)
    side = 40 * 2 * np.sin(np.pi / 8)
    assert union_of_discs(centers, 25.0) == pytest.approx(8 * np.pi * 25**2 - 8 * lens(side, 25.0))
    assert union_of_discs([*centers, [0, 0]], 45.0) == pytest.approx(
        strips(np.array([*centers, [0, 0]]), 45.0), rel=1e-4
    )


def test_candidates_are_searched_in_order_until_one_holds_the_truth():
    disc = np.pi * 25**2
    candidates = [[0, 0], [1000, 0], [1000, 30], [5000, 0]]
    assert area_searched(candidates, [0, 25]) == pytest.approx(disc)
    assert area_searched(candidates, [1000, -1]) == pytest.approx(2 * disc)
    # Only the third disc reaches it; what it shares with the second is searched once.
    assert area_searched(candidates, [1000, 40]) == pytest.approx(3 * disc - lens(30.0, 25.0))
    assert area_searched([[0, 0], [10, 0]], [5, 0]) == pytest.approx(disc)
    assert area_searched(candidates, [0, 25.01]) == np.inf
    assert area_searched([], [0, 0]) == np.inf
    assert area_searched(candidates, [0, 90], radius=100) == pytest.approx(16 * disc)


def test_recall_over_area_and_what_is_refused():
    assert recall_over_area([1.0, 2.0, 3.0, np.inf], (0.5, 2, 10)) == {0.5: 0.0, 2: 0.5, 10: 0.75}
    with pytest.raises(ValueError, match="one or more queries"):
        recall_over_area([])
    for centers in ([[0.0, np.nan]], [[0.0, 1.0, 2.0]] * 2, [1.0, 2.0]):
        with pytest.raises(ValueError, match="finite"):
            union_of_discs(centers, 25.0)
    with pytest.raises(ValueError, match="truth"):
        area_searched([[0, 0]], [np.nan, 0])


def test_areas_where_none_are_named():
    assert list(recall_over_area([1.0])) == [1e4, 1e5, 1e6, 1e7, 1e8]
