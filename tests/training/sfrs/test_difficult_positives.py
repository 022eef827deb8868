import numpy as np
import pytest

from placeprint.training.sfrs.difficult_mining import difficult_positives


def naive(by_feature, by_jaccard, keep, pool):
    near = list(by_feature[:pool])
    order = [g for g in by_jaccard if g in near]
    ranked = [(near.index(g) - i, i, g) for i, g in enumerate(order)]
    return [g for gap, _, g in sorted(ranked, key=lambda r: (-r[0], r[1])) if gap >= 0][:keep]


def test_by_hand():
    # Jaccard order 50 10 30 20 40: feature ranks 4 0 2 1 3, so gaps +4, −1, 0, −2, −1.
    feature, jaccard = np.array([10, 20, 30, 40, 50]), np.array([99, 50, 10, 30, 20, 40])
    assert difficult_positives(feature, jaccard).tolist() == [50, 30]
    assert difficult_positives(feature, jaccard, keep=1).tolist() == [50]
    # In a pool of four 50 does not count: ranks 0 2 1 3, gaps 0, +1, −1, 0.
    assert difficult_positives(feature, jaccard, pool=4).tolist() == [30, 10, 40]
    assert difficult_positives(feature, feature).tolist() == feature.tolist()


def test_against_loops():
    rng = np.random.default_rng(0)
    for _ in range(200):
        n = int(rng.integers(1, 30))
        feature = rng.choice(1000, n, replace=False)
        jaccard = rng.permutation(np.concatenate([feature, np.arange(1000, 1010)]))
        ours = difficult_positives(feature, jaccard)
        assert ours.dtype == np.int64
        assert ours.tolist() == naive(feature.tolist(), jaccard.tolist(), 10, 20)
        assert 1 <= len(ours) <= 10
    assert len(difficult_positives(np.zeros(0, np.int64), np.arange(3))) == 0


def test_orders_that_do_not_fit():
    with pytest.raises(ValueError, match="once each"):
        difficult_positives(np.array([1, 2]), np.array([1, 3]))
    with pytest.raises(ValueError, match="once each"):
        difficult_positives(np.array([1, 2]), np.array([1, 2, 1]))
    with pytest.raises(ValueError, match="once each"):
        difficult_positives(np.array([1, 1]), np.array([1, 1]))
