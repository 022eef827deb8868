import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import auc, average_precision_score, precision_recall_curve

from placeprint.metrics import precision_recall

# Few different confidences, so that most are tied; -inf was not answered.
query = st.tuples(st.sampled_from([0.1, 0.2, 0.5, 3.0, np.inf, -np.inf]), st.booleans(), st.booleans())


@given(st.lists(query, min_size=1, max_size=12))
def test_the_curve_equals_a_loop_over_thresholds(rows):
    confidence = [c for c, _, _ in rows]
    right = [r and c > -np.inf for c, r, _ in rows]
    findable = [f or r for (_, _, f), r in zip(rows, right, strict=True)]
    if not any(findable):
        return
    curve = precision_recall(confidence, right, findable)
    levels = sorted({c for c in confidence if c > -np.inf}, reverse=True)
    assert curve.threshold.tolist() == levels
    area = full = 0.0
    for level, precision, recall in zip(levels, curve.precision, curve.recall, strict=True):
        accepted = [r for c, r in zip(confidence, right, strict=True) if c >= level]
        assert precision == pytest.approx(sum(accepted) / len(accepted))
        assert recall == pytest.approx(sum(accepted) / sum(findable))
        if all(accepted):
            full = recall
        gained = sum(r for c, r in zip(confidence, right, strict=True) if c == level)
        area += gained / sum(findable) * precision
    assert curve.average_precision == pytest.approx(area)
    assert curve.recall_at_full_precision == full


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=20))
def test_divided_by_the_right_matches_it_is_scikit_learns(rows):
    score, right = np.array([s for s, _ in rows], float), np.array([r for _, r in rows])
    if not right.any():
        return
    curve = precision_recall(score, right, findable=right)
    precision, recall, _ = precision_recall_curve(right, score)
    np.testing.assert_allclose(curve.precision, precision[-2::-1])
    np.testing.assert_allclose(curve.recall, recall[-2::-1])
    assert curve.average_precision == pytest.approx(average_precision_score(right, score))
    assert curve.area == pytest.approx(auc(recall, precision))
    share = right.mean()
    assert precision_recall(score, right).average_precision == pytest.approx(curve.average_precision * share)


def test_hand_made_matches():
    confidence = [0.9, 0.8, 0.8, 0.3, -np.inf]
    curve = precision_recall(confidence, [True, True, False, True, False], [True, True, False, True, True])
    assert curve.recall.tolist() == [0.25, 0.5, 0.75]
    assert curve.precision.tolist() == pytest.approx([1.0, 2 / 3, 3 / 4])
    assert curve.recall_at_full_precision == 0.25
    assert curve.average_precision == pytest.approx(0.25 * (1 + 2 / 3 + 3 / 4))
    assert curve.area == pytest.approx(0.25 * (1 + (1 + 2 / 3) / 2 + (2 / 3 + 3 / 4) / 2))


def test_nothing_answered_and_the_surest_match_wrong():
    silent = precision_recall([-np.inf, -np.inf], [False, False])
    assert (silent.average_precision, silent.area, silent.recall_at_full_precision) == (0.0, 0.0, 0.0)
    one_in_a_thousand = precision_recall(-np.arange(1000.0), np.arange(1000) != 998)
    assert one_in_a_thousand.recall_at_full_precision == 0.998
    assert precision_recall([2.0, 1.0], [False, True]).recall_at_full_precision == 0.0


@pytest.mark.parametrize(
    ("confidence", "right", "findable", "text"),
    [
        ([np.nan], [True], [True], "NaN"),
        ([1.0, 2.0], [True], [True], "do not match"),
        ([1.0], [True], [True, True], "do not match"),
        ([1.0], [False], [False], "no query has a positive"),
        ([], [], None, "no query has a positive"),
        ([1.0, 1.0], [True, False], [False, True], "right match"),
        ([-np.inf], [True], [True], "right match"),
    ],
)
def test_what_cannot_be_is_refused(confidence, right, findable, text):
    with pytest.raises(ValueError, match=text):
        precision_recall(confidence, right, findable)
