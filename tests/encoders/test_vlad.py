import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placeprint.codebooks import Codebook
from placeprint.encoders import vlad

WORDS = Codebook(np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32))


def features(n, seed=1):
    return np.random.default_rng(seed).normal(size=(n, 4)).astype(np.float32)


def naive(descriptors, centers, normalization):
    cells = np.zeros(centers.shape)
    for x in descriptors:
        k = min(range(len(centers)), key=lambda k: sum((x - centers[k]) ** 2))
        cells[k] += x - centers[k]
    if normalization == "intra":
        for k, cell in enumerate(cells):
            length = sum(cell**2) ** 0.5
            cells[k] = cell / length if length else cell
    if normalization == "power":
        cells = np.sign(cells) * np.abs(cells) ** 0.5
    flat = [cells[k][j] for k in range(5) for j in range(4)]
    return np.array(flat) / sum(v * v for v in flat) ** 0.5


@pytest.mark.parametrize("normalization", ["intra", "power", "none"])
@settings(deadline=None, max_examples=30)
@given(n=st.integers(1, 40), seed=st.integers(1, 1000))
def test_equals_the_sum_written_as_loops(normalization, n, seed):
    vector = vlad(features(n, seed), WORDS, normalization)
    assert vector.dtype == np.float32
    np.testing.assert_allclose(vector, naive(features(n, seed), WORDS.centers, normalization), atol=2e-6)


@pytest.mark.parametrize("normalization", ["intra", "power", "none"])
def test_order_and_repetition_of_features_do_not_matter(normalization):
    some = features(30)
    vector = vlad(some, WORDS, normalization)
    np.testing.assert_allclose(vlad(some[::-1], WORDS, normalization), vector, atol=1e-6)
    np.testing.assert_allclose(vlad(np.tile(some, (3, 1)), WORDS, normalization), vector, atol=1e-6)


def test_intra_normalization_bounds_a_burst():
    """A feature repeated in one cell leaves the other cells as they are."""
    some = features(30)
    words = WORDS.assign(some)
    burst = vlad(np.concatenate([some, np.repeat(some[:1], 50, axis=0)]), WORDS).reshape(5, 4)
    plain = vlad(some, WORDS).reshape(5, 4)
    others = np.arange(5) != words[0]
    np.testing.assert_allclose(burst[others], plain[others], atol=1e-6)
    assert not np.allclose(burst, plain, atol=1e-2)


def test_without_features_the_vector_is_zero():
    assert not vlad(np.zeros((0, 4), np.float32), WORDS).any()
    assert not vlad(WORDS.centers, WORDS).any()
