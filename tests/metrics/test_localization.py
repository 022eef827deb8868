import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placeprint.metrics import area_to_truth, error_percentiles, recall_over_distance

meters = st.floats(0, 1e5)
WANTED = (1, 10, 25, 50, 75, 90, 95, 100)


@given(st.lists(meters, min_size=1, max_size=30))
def test_percentiles_of_answered_queries_are_numpys(error):
    got = error_percentiles(error, WANTED)
    assert list(got.values()) == pytest.approx(np.percentile(error, WANTED))


@given(st.lists(meters | st.just(np.inf) | st.just(np.nan), min_size=1, max_size=30), meters)
def test_unanswered_queries_are_as_good_as_infinitely_far(error, distance):
    answered = sum(e <= distance for e in error if np.isfinite(e))
    assert recall_over_distance(error, [distance])[distance] == pytest.approx(answered / len(error))
    # The limit of ever larger errors.
    far = np.percentile([e if np.isfinite(e) else 1e300 for e in error], WANTED)
    expected = np.where(far > 1e290, np.inf, far)
    assert list(error_percentiles(error, WANTED).values()) == pytest.approx(expected)


def test_hand_made_errors():
    error = [4.0, 0.0, 25.0, np.nan, 2.0]
    assert error_percentiles(error, (0, 25, 50, 75, 76, 100)) == {
        0: 0.0,
        25: 2.0,
        50: 4.0,
        75: 25.0,
        76: np.inf,
        100: np.inf,
    }
    assert recall_over_distance(error, (1, 2, 25)) == {1: 0.2, 2: 0.4, 25: 0.8}
    np.testing.assert_allclose(area_to_truth([0.0, 2.0, np.nan]), [0.0, 4 * np.pi, np.inf])
    assert sum(recall_over_distance([30.0]).values()) == 5


def test_no_queries_is_an_error():
    for metric in (error_percentiles, recall_over_distance, area_to_truth):
        with pytest.raises(ValueError, match="one or more queries"):
            metric([])
        with pytest.raises(ValueError, match="one or more queries"):
            metric([[1.0]])


def test_distances_and_percentiles_where_none_are_named():
    assert list(recall_over_distance([1.0])) == [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000]
    assert list(error_percentiles([1.0])) == [10, 25, 50, 75, 90, 95]
