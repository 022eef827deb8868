import numpy as np
import pytest
from sklearn.cluster import KMeans

from placeprint.codebooks import Codebook, kmeans
from placeprint.codebooks.kmeans import _means
from placeprint.errors import PlaceprintError


def inertia(codebook: Codebook, vectors) -> float:
    return float(((vectors - codebook.centers[codebook.assign(vectors)]) ** 2).sum())


def blobs(spread, seed=0, count=12, each=80, dim=6):
    rng = np.random.default_rng(seed)
    centers = rng.uniform(-10, 10, (count, dim))
    return centers, (centers[:, None] + rng.normal(0, spread, (count, each, dim))).reshape(-1, dim)


@pytest.mark.parametrize("spread", [0.5, 4.0])
def test_inertia_is_that_of_scikit_learn(spread):
    _, vectors = blobs(spread)
    reference = KMeans(12, n_init=3, random_state=0).fit(vectors).inertia_
    assert inertia(kmeans(vectors, 12), vectors) < 1.05 * reference


@pytest.mark.parametrize("seed", range(5))
def test_separated_blobs_are_recovered(seed):
    centers, vectors = blobs(0.3, seed)
    found = kmeans(vectors, 12, seed=seed)
    gaps = np.linalg.norm(centers[:, None] - found.centers[None], axis=2)
    assert sorted(gaps.argmin(1).tolist()) == list(range(12))
    means = vectors.reshape(12, 80, 6).mean(1)
    np.testing.assert_allclose(found.centers[gaps.argmin(1)], means, atol=1e-4)


def test_the_seed_decides():
    vectors = np.random.default_rng(1).normal(size=(600, 8))
    first, again, other = (kmeans(vectors, 20, seed=s).centers for s in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)


def test_provenance_says_what_was_clustered():
    codebook = kmeans(np.eye(5), 2, iterations=4, seed=9, provenance={"photos": 7})
    assert codebook.provenance == {"photos": 7, "vectors": 5, "iterations": 4, "seed": 9}


def test_fewer_distinct_vectors_than_centers_stay_finite():
    vectors = np.repeat(np.eye(3), 10, axis=0)
    codebook = kmeans(vectors, 8)
    assert codebook.centers.shape == (8, 3)
    assert inertia(codebook, vectors) < 1e-3
    assert kmeans(np.zeros((10, 3)), 4).centers.shape == (4, 3)


@pytest.mark.parametrize("bad", [np.zeros((3, 2)), np.zeros((0, 2)), np.full((9, 2), np.nan), np.zeros(9)])
def test_impossible_input_is_refused(bad):
    with pytest.raises(PlaceprintError):
        kmeans(bad, 4)


def test_empty_cells_move_to_the_vectors_that_are_farthest_from_their_centers():
    """The 768 vectors of which the first centers are drawn are all alike: two of three cells are empty."""
    vectors = np.zeros((60_000, 2), np.float32)
    vectors[[20_000, 40_000]] = [[3.0, 0.0], [0.0, -5.0]]
    found = kmeans(vectors, 3)
    assert sorted(map(tuple, found.centers.tolist())) == [(0.0, -5.0), (0.0, 0.0), (3.0, 0.0)]
    assert inertia(found, vectors) == 0.0


def test_means_of_cells_are_those_of_a_naive_loop(monkeypatch):
    monkeypatch.setitem(_means.__globals__, "SUMMED", 20)
    rng = np.random.default_rng(0)
    data = rng.normal(size=(37, 3)).astype(np.float32)
    cells = rng.choice([0, 2, 3, 5], 37)
    centers = rng.normal(size=(6, 3)).astype(np.float32)
    found = _means(data, cells, centers)
    means = {cell: data[cells == cell].mean(axis=0) for cell in (0, 2, 3, 5)}
    for cell, mean in means.items():
        np.testing.assert_allclose(found[cell], mean, rtol=1e-5)
    gaps = [float(((x - means[int(cell)]) ** 2).sum()) for x, cell in zip(data, cells, strict=True)]
    farthest = np.argsort(gaps)[::-1]
    np.testing.assert_array_equal(found[[1, 4]], data[farthest[:2]])
