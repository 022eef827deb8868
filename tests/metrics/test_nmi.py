import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import normalized_mutual_info_score

from placeprint.metrics import nmi

pairs = st.lists(st.tuples(st.integers(-1, 3), st.integers(5, 8)), min_size=1, max_size=30)


@given(pairs)
def test_it_is_scikit_learns_with_the_arithmetic_mean(rows):
    a, b = zip(*rows, strict=True)
    got = nmi(a, b)
    assert got == pytest.approx(normalized_mutual_info_score(a, b, average_method="arithmetic"), abs=1e-9)
    assert got == pytest.approx(nmi(b, a))
    assert 0.0 <= got <= 1.0


def test_hand_made_clusterings():
    assert nmi(["x", "x", "y", "y"], [7, 7, 3, 3]) == 1.0
    assert nmi([0, 0, 1, 1], [0, 1, 0, 1]) == pytest.approx(0.0, abs=1e-12)
    assert nmi([0, 0], [0, 0]) == 1.0
    assert nmi([0, 0], [0, 1]) == 0.0
    # Two classes of two, one photo strayed into a third cluster: I = ln 2, H = ln 2 and 1.5 ln 2.
    assert nmi([0, 0, 1, 1], [0, 0, 1, 2]) == pytest.approx(2 * 1 / 2.5)


def test_labels_that_do_not_fit_are_refused():
    for a, b in (([], []), ([1], [1, 2]), (np.ones((2, 2)), np.ones((2, 2)))):
        with pytest.raises(ValueError, match="do not match"):
            nmi(a, b)
