from dataclasses import replace

import numpy as np
import pytest

from placeprint.rerank import k_reciprocal, k_reciprocal_encoding
from placeprint.rerank.k_reciprocal import jaccard_distances, k_reciprocal_rerank
from placeprint.rerank.k_reciprocal_encoding import k_reciprocal_encoding as encode
from placeprint.rerank.k_reciprocal_presets import PRESETS, KReciprocal


def photos(n, seed=0, places=8, dim=6):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(places, dim))[rng.integers(0, places, n)] + 0.4 * rng.normal(size=(n, dim))
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


SHARES = {
    "paper": lambda shared, own: shared / own > 2 / 3 - 1e-9,
    "zhong-code": lambda shared, own: shared / own > 2 / 3 + 1e-9,
    "openibl": lambda shared, own: shared / own > 2 / 3 + 1e-9,
}


def dense(x, k1, k2, preset="paper"):
    """V, the Jaccard distances and d of each source, with sets, dense arrays and loops."""
    x, n = x.astype(np.float64), len(x)
    d = np.array([[np.sum((a - b) ** 2) for b in x] for a in x])
    if preset == "openibl":  # which is given squared distances and squares them
        d = d**2
    order = [sorted(range(n), key=lambda g, p=p: (g != p, d[p, g])) for p in range(n)]

    def reciprocal(p, k):
        return {g for g in order[p][: k + 1] if p in order[g][: k + 1]}

    v = np.zeros((n, n))
    for p in range(n):
        core = reciprocal(p, k1)
        whole = set(core)
        for q in core:
            theirs = reciprocal(q, k1 // 2)
            if SHARES[preset](len(core & theirs), len(theirs)):
                whole |= theirs
        for g in whole:
            v[p, g] = np.exp(-d[p, g] / max(d[p]))
        v[p] /= v[p].sum()
    v = np.array([np.mean([v[g] for g in order[p][:k2]], axis=0) for p in range(n)])
    jaccard = np.array([[1 - np.minimum(a, b).sum() / np.maximum(a, b).sum() for b in v] for a in v])
    return v, jaccard, d / d.max(axis=1, keepdims=True)


def whole(encoding):
    v = np.zeros((len(encoding), len(encoding)))
    for p in range(len(v)):
        mine = slice(encoding.starts[p], encoding.starts[p + 1])
        assert (np.diff(encoding.ids[mine]) > 0).all()
        v[p, encoding.ids[mine]] = encoding.weights[mine]
    return v


@pytest.mark.parametrize(("k1", "k2"), [(20, 6), (20, 1), (6, 3), (5, 2), (1, 1), (2, 9), (50, 4)])
@pytest.mark.parametrize("preset", list(PRESETS))
def test_each_preset_equals_its_source_with_dense_arrays(monkeypatch, preset, k1, k2):
    monkeypatch.setattr(k_reciprocal_encoding, "ROWS", 7)
    monkeypatch.setattr(k_reciprocal_encoding, "BLOCK", 1000)
    monkeypatch.setattr(k_reciprocal, "BLOCK", 300)
    for seed in range(3):
        x = photos(45, seed)
        settings = replace(PRESETS[preset], k1=k1, k2=k2, distance_weight=0.1)
        v, jaccard, d = dense(x, k1, k2, preset)
        encoding = encode(x, settings)
        np.testing.assert_allclose(whole(encoding), v, atol=1e-6)
        np.testing.assert_allclose(jaccard_distances(encoding, slice(None)), jaccard, atol=1e-5)
        rows = np.array([4, 0, 4])
        np.testing.assert_allclose(jaccard_distances(encoding, rows), jaccard[rows], atol=1e-5)
        expected = 0.9 * jaccard[:9, 9:] + 0.1 * d[:9, 9:]
        ours = k_reciprocal_rerank(x[:9], x[9:], settings)
        np.testing.assert_allclose(ours, expected, atol=1e-5)


def test_the_presets_are_three():
    """Their settings, and that they are told apart by the photos of the test before."""
    settings = {name: (s.k1, s.k2, s.distance_weight) for name, s in PRESETS.items()}
    assert settings == {"paper": (20, 6, 0.3), "zhong-code": (20, 6, 0.3), "openibl": (20, 1, 0.1)}
    assert k_reciprocal_rerank.__defaults__ == encode.__defaults__ == (PRESETS["paper"],)
    x = photos(45)
    found = [
        whole(encode(x, replace(one, k1=6, k2=1))).astype(np.float32).tobytes() for one in PRESETS.values()
    ]
    assert len(set(found)) == 3


def test_exactly_two_thirds_join_by_the_paper_alone():
    # On a line, k1 = 4, halved 2. The first one's mutual neighbors are itself, 15 and 18. Those of 18 among
    # the nearest two are 15, 18 and 29, of which it shares two of three: so 29 joins, or does not.
    x = np.array([[2.0], [15.0], [18.0], [29.0], [35.0], [46.0]], np.float32)
    members = {}
    for name, preset in PRESETS.items():
        encoding = encode(x, replace(preset, k1=4, k2=1))
        members[name] = encoding.ids[: encoding.starts[1]].tolist()
    assert members == {"paper": [0, 1, 2, 3], "zhong-code": [0, 1, 2], "openibl": [0, 1, 2]}


def test_by_hand():
    # Five photos on a line; k1 = 2, halved 1. Nearest two: 0: 1 2, 1: 0 2, 2: 1 0, 3: 4 2, 4: 3 2.
    x = np.array([[0.0], [1.0], [2.1], [6.0], [7.0]], np.float32)
    encoding = encode(x, KReciprocal(2, 1))
    members = [encoding.ids[a:b].tolist() for a, b in zip(encoding.starts, encoding.starts[1:], strict=False)]
    assert members == [[0, 1, 2], [0, 1, 2], [0, 1, 2], [3, 4], [3, 4]]
    np.testing.assert_allclose(encoding.farthest, [49, 36, 4.9**2, 36, 49], rtol=1e-5)
    near = np.exp([0, -1 / 49])
    np.testing.assert_allclose(encoding.weights[-2:], (near / near.sum())[::-1], rtol=1e-6)
    jaccard = jaccard_distances(encoding, slice(3, 4))[0]
    assert jaccard[:3].tolist() == [1, 1, 1]
    a, b = np.exp([0, -1 / 36]) / np.exp([0, -1 / 36]).sum(), (near / near.sum())[::-1]
    assert jaccard[4] == pytest.approx(1 - np.minimum(a, b).sum() / np.maximum(a, b).sum(), abs=1e-6)


def test_invariants():
    x = photos(60, 3)
    encoding = encode(x, KReciprocal(8, 3))
    jaccard = jaccard_distances(encoding, slice(None))
    np.testing.assert_allclose(jaccard, jaccard.T, atol=1e-6)
    np.testing.assert_allclose(np.diag(jaccard), 0, atol=1e-6)
    assert jaccard.max() == 1
    np.testing.assert_allclose(np.add.reduceat(encoding.weights, encoding.starts[:-1]), 1, atol=1e-5)
    shuffled = np.random.default_rng(0).permutation(60)
    again = jaccard_distances(encode(x[shuffled], KReciprocal(8, 3)), slice(None))
    np.testing.assert_allclose(again, jaccard[np.ix_(shuffled, shuffled)], atol=1e-6)
    # The unit of length does not matter.
    np.testing.assert_allclose(
        jaccard_distances(encode(4 * x, KReciprocal(8, 3)), slice(None)), jaccard, atol=1e-6
    )


def test_it_finds_what_lies_along_a_chain():
    # Two arcs: the far end of the query's own arc is farther than the other arc.
    angle = np.linspace(0, 2.6, 40)
    arc = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    noise = np.random.default_rng(0).normal(scale=0.02, size=(80, 2))
    x = (np.concatenate([arc, [1.0, 0.35] - arc]) + noise).astype(np.float32)
    same = np.repeat([True, False], 40)

    def mean_precision(d):
        order = same[1:][np.argsort(d, kind="stable")]
        return np.mean((np.cumsum(order) / np.arange(1, 80))[order])

    before = mean_precision(np.sum((x[0] - x[1:]) ** 2, axis=1))
    assert mean_precision(k_reciprocal_rerank(x[:1], x[1:], KReciprocal(10, 3))[0]) > before


def test_few_and_equal_photos():
    one = np.ones((1, 3), np.float32)
    assert k_reciprocal_rerank(one, one).tolist() == [[0]]
    assert k_reciprocal_rerank(one, np.zeros((0, 3), np.float32)).shape == (1, 0)
    assert k_reciprocal_rerank(np.zeros((0, 3), np.float32), one).shape == (0, 1)
    same = k_reciprocal_rerank(np.repeat(one, 3, 0), np.repeat(one, 50, 0))
    assert same.shape == (3, 50)
    assert np.isfinite(same).all()
    v = whole(encode(np.repeat(one, 50, 0), KReciprocal(5, 2)))
    assert (np.diag(v) > 0).all()
    with pytest.raises(ValueError, match="k1 = 0"):
        KReciprocal(k1=0)
    with pytest.raises(ValueError, match="k2 = 0"):
        KReciprocal(k2=0)


def test_what_is_held_at_a_time_changes_nothing(monkeypatch):
    vectors = np.random.default_rng(3).normal(size=(30, 8)).astype(np.float32)
    whole = encode(vectors)
    for name in ("FLOATS", "BLOCK", "ROWS"):
        monkeypatch.setitem(encode.__globals__, name, 1)
        again = encode(vectors)
        for field in ("starts", "ids", "weights", "farthest"):
            np.testing.assert_allclose(getattr(again, field), getattr(whole, field), rtol=1e-5)
    assert len(encode(np.zeros((0, 8), np.float32))) == 0
