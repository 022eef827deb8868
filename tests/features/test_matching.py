import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placeprint.features import match


def naive(a, b, ratio, mutual):
    pairs = []
    if not len(b):
        return pairs
    gaps = np.linalg.norm(a[:, None].astype(np.float64) - b[None].astype(np.float64), axis=2)
    for i, row in enumerate(gaps):
        j = int(row.argmin())
        second = np.delete(row, j)
        if ratio is not None and not (len(second) and row[j] < ratio * second.min()):
            continue
        if mutual and gaps[:, j].argmin() != i:
            continue
        pairs.append((row[j] / second.min() if ratio is not None else row[j], i, j))
    return [(i, j) for _, i, j in sorted(pairs)]


@settings(deadline=None)
@given(
    st.integers(0, 12),
    st.integers(0, 12),
    st.sampled_from([None, 0.7, 0.9]),
    st.booleans(),
    st.integers(0, 10_000),
)
def test_same_pairs_in_the_same_order_as_a_loop(n, m, ratio, mutual, seed):
    a, b = (
        np.random.default_rng(seed + k).normal(size=(s, 5)).astype(np.float32) for k, s in enumerate((n, m))
    )
    pairs = match(a, b, ratio, mutual)
    assert pairs.shape == (len(pairs), 2)
    assert pairs.dtype == np.int64
    assert [tuple(p) for p in pairs.tolist()] == naive(a, b, ratio, mutual)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_same_pairs_as_opencv(dtype):
    rng = np.random.default_rng(3)
    b = rng.integers(0, 120, (300, 128)).astype(dtype)
    a = np.concatenate(
        [
            b[:150] + rng.integers(0, 60, (150, 128)).astype(dtype),
            rng.integers(0, 120, (90, 128)).astype(dtype),
        ]
    )
    two = cv2.BFMatcher(cv2.NORM_L2).knnMatch(a, b, k=2)
    expected = {(m.queryIdx, m.trainIdx) for m, n in two if m.distance < 0.9 * n.distance}
    assert {tuple(p) for p in match(a, b, 0.9, mutual=False).tolist()} == expected
    crossed = cv2.BFMatcher(cv2.NORM_L2, crossCheck=True).match(a, b)
    assert {tuple(p) for p in match(a, b, None).tolist()} == {(m.queryIdx, m.trainIdx) for m in crossed}


def test_a_repeated_descriptor_is_ambiguous():
    a = np.eye(4, dtype=np.float32)
    assert len(match(a, a)) == 4
    assert match(a[:1], a[[0, 0, 1]]).shape == (0, 2)
