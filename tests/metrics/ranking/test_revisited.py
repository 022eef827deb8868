import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placeprint.metrics import average_precision, revisited

KS = (1, 5, 10)
queries = st.lists(
    st.tuples(st.permutations(range(20)), st.lists(st.sampled_from("ehjnnn"), min_size=20, max_size=20)),
    min_size=1,
    max_size=4,
)


def parted(kinds):
    return {kind: [i for i, k in enumerate(kinds) if k == kind] for kind in "ehj"}


def published(ranking, positives, junk):
    """AP and P@k of one query with the whole database ranked; None where it is left out."""
    if not positives:
        return None
    kept = [a for a in ranking if a not in junk]
    last = max(i for i, a in enumerate(kept, 1) if a in positives)
    precision = []
    for k in KS:
        k = min(k, last)
        precision.append(sum(a in positives for a in kept[:k]) / k)
    return average_precision(ranking, positives, junk), *precision


@given(queries)
def test_the_three_setups_follow_the_published_rule(rows):
    truth = [parted(kinds) for _, kinds in rows]
    got = revisited([r for r, _ in rows], *([t[kind] for t in truth] for kind in "ehj"), KS)
    for setup, right, junk in ((got.easy, "e", "hj"), (got.medium, "eh", "j"), (got.hard, "h", "ej")):
        each = [
            published(ranking, [i for k in right for i in t[k]], [i for k in junk for i in t[k]])
            for (ranking, _), t in zip(rows, truth, strict=True)
        ]
        table = np.array([row or [np.nan] * 4 for row in each])
        np.testing.assert_allclose(setup.average_precision, table[:, 0])
        np.testing.assert_allclose(np.stack([setup.precision[k] for k in KS], 1), table[:, 1:])
        mean = np.array([row for row in each if row] or [[np.nan] * 4]).mean(0)
        np.testing.assert_allclose([setup.mean_average_precision, *setup.mean_precision.values()], mean)


@given(queries, st.integers(0, 20))
def test_cutting_a_ranking_does_not_change_precision_at_k(rows, cut):
    truth = [parted(kinds) for _, kinds in rows]
    sets = [[t[kind] for t in truth] for kind in "ehj"]
    whole = revisited([r for r, _ in rows], *sets, (1, 5))
    # Cut so that at least five answers are left in every setup, whatever is junk there.
    left = [sum(k == "n" for k in np.array(kinds)[list(r[:cut])]) for r, kinds in rows]
    if min(left) >= 5:
        short = revisited([r[:cut] for r, _ in rows], *sets, (1, 5))
        for a, b in zip(
            (whole.easy, whole.medium, whole.hard), (short.easy, short.medium, short.hard), strict=True
        ):
            np.testing.assert_equal(a.precision, b.precision)


def test_hand_made_queries():
    # Ranking: junk, hard, easy, nothing, nothing, easy. Second query: no easy ones.
    ranked = [[50, 20, 10, 1, 2, 11], [1, 20, 2, 3, 4, 5]]
    got = revisited(ranked, [[10, 11], []], [[20], [20]], [[50], []])
    # Easy: kept [10, 1, 2, 11]; the last positive is the fourth, so P@5 and P@10 are 2 of 4.
    assert got.easy.mean_average_precision == pytest.approx((1 + (1 / 3 + 2 / 4) / 2) / 2)
    assert got.easy.mean_precision == {1: 1.0, 5: 0.5, 10: 0.5}
    assert np.isnan(got.easy.average_precision[1])
    # Medium: kept [20, 10, 1, 2, 11] and the hard one second in [1, 20, ...].
    assert got.medium.mean_precision == pytest.approx(
        {1: 0.5, 5: (3 / 5 + 1 / 2) / 2, 10: (3 / 5 + 1 / 2) / 2}
    )
    assert got.hard.mean_average_precision == pytest.approx((1 + 0.25) / 2)
    with pytest.raises(ValueError, match="do not match"):
        revisited(ranked, [[10, 11], []], [[20], [20]], [[50]])
    nothing_hard = revisited([[1]], [[1]], [[]], [[]]).hard
    assert np.isnan([nothing_hard.mean_average_precision, *nothing_hard.mean_precision.values()]).all()


def test_ranks_where_none_are_named():
    easy = revisited([[1]], [[1]], [[]], [[]]).easy
    assert list(easy.mean_precision) == list(easy.precision) == [1, 5, 10]
