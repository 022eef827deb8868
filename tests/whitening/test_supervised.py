import itertools

import numpy as np
import pytest
from sklearn.covariance import ledoit_wolf

from placeprint.errors import PlaceprintError
from placeprint.whitening.supervised import (
    discriminative_projections,
    independent_differences,
    optimal_shrinkage,
)
from placeprint.whitening.whitening import Whitening


def places(count, views, columns, seed=0, nuisance=3.0, noise=0.2):
    """Vectors of `count` places, `views` each, in order; few directions differ much within a place."""
    rng = np.random.default_rng(seed)
    within = rng.normal(size=(count * views, columns)) * noise
    within[:, : columns // 4] *= nuisance / noise
    mixing = np.linalg.qr(rng.normal(size=(columns, columns)))[0]
    signal = np.repeat(rng.normal(size=(count, columns)), views, axis=0)
    return ((signal + within) @ mixing + 1).astype(np.float32)


def matching(count, views):
    rows = np.arange(count * views).reshape(count, views)
    return np.array([pair for row in rows for pair in itertools.combinations(row.tolist(), 2)])


def naive(vectors, pairs, dim, shrinkage, rank):
    """The papers' recipe in loops: C_S of matching pairs, C_D of all others, C_S^(-1/2), eigenvectors."""
    x = vectors.astype(np.float64)
    same = {tuple(sorted(pair)) for pair in pairs.tolist()}
    within, between = np.zeros((x.shape[1],) * 2), np.zeros((x.shape[1],) * 2)
    for i in range(len(x)):
        for j in range(i + 1, len(x)):
            d = x[i] - x[j]
            if (i, j) in same:
                within += np.outer(d, d) / len(same)
            else:
                between += np.outer(d, d)
    within = (1 - shrinkage) * within + shrinkage * np.trace(within) / rank * np.eye(x.shape[1])
    values, axes = np.linalg.eigh(within)
    root = axes @ np.diag(values**-0.5) @ axes.T
    _, turned = np.linalg.eigh(root @ between @ root)
    return turned[:, ::-1][:, :dim].T @ root


def assert_same_rows(ours, theirs, tolerance=1e-3):
    signs = np.sign((ours * theirs).sum(1, keepdims=True))
    np.testing.assert_allclose(ours, theirs * signs, atol=tolerance * np.abs(theirs).max())


@pytest.mark.parametrize(
    ("count", "views", "columns", "shrinkage"),
    [(12, 3, 6, 0.0), (12, 3, 6, 0.4), (5, 3, 25, 0.4), (20, 2, 8, 0.0)],
)
def test_equals_loops_over_matching_and_other_pairs(monkeypatch, count, views, columns, shrinkage):
    """Primal without shrinkage and with it, and fewer photos than columns."""
    monkeypatch.setattr("placeprint.whitening.principal_axes.BLOCK", 7)
    vectors, pairs = places(count, views, columns), matching(count, views)
    ours = Whitening.fit_pairs(vectors, pairs, 4, shrinkage)
    assert ours.provenance["added"] == 0
    expected = naive(vectors, pairs, 4, shrinkage, min(count * views - 1, columns))
    # with shrinkage W C_S Wᵀ is not quite I, and so C and C_D differ a little
    if shrinkage == 0:
        assert_same_rows(ours.matrix, expected)
    else:
        cosines = (ours.matrix * expected).sum(1) / np.linalg.norm(ours.matrix, axis=1)
        assert (np.abs(cosines / np.linalg.norm(expected, axis=1)) > 0.97).all()
    np.testing.assert_allclose(ours.mean, vectors.mean(0), rtol=1e-5)


@pytest.mark.parametrize(("count", "views", "columns"), [(30, 4, 10), (4, 6, 40)])
def test_shrunk_it_is_the_generalized_eigenproblem(count, views, columns):
    """C v = λ C_S' v in the full space, solved by inverting C_S'; also with fewer photos than columns."""
    vectors, pairs = places(count, views, columns).astype(np.float64), matching(count, views)
    d = vectors[pairs[:, 0]] - vectors[pairs[:, 1]]
    within = d.T @ d / len(d)
    mean = np.trace(within) / min(columns, len(vectors) - 1)
    within = 0.7 * within + 0.3 * mean * np.eye(columns)
    values, axes = np.linalg.eig(np.linalg.inv(within) @ np.cov(vectors.T, bias=True))
    leading = axes.real[:, np.argsort(-values.real)[:5]]
    leading /= np.sqrt(np.einsum("ij,ik,kj->j", leading, within, leading))
    ours = Whitening.fit_pairs(vectors, pairs, 5, shrinkage=0.3)
    assert_same_rows(ours.matrix, leading.T)


def test_matching_photos_differ_alike_along_every_axis():
    vectors, pairs = places(60, 3, 16), matching(60, 3)
    whitening = Whitening.fit_pairs(vectors, pairs, 16, shrinkage=0)
    y = (vectors - whitening.mean) @ whitening.matrix.T
    d = y[pairs[:, 0]] - y[pairs[:, 1]]
    np.testing.assert_allclose(d.T @ d / len(d), np.eye(16), atol=1e-3)
    spread = np.cov(y.T)
    np.testing.assert_allclose(spread, np.diag(np.diag(spread)), atol=1e-3 * spread.max())
    assert (np.diff(np.diag(spread)) < 0).all()


def test_order_and_scale_do_not_matter():
    vectors, pairs = places(20, 3, 12), matching(20, 3)
    rows = Whitening.fit_pairs(vectors, pairs, 6).apply(vectors)
    swapped = Whitening.fit_pairs(1000 * vectors, pairs[::-1, ::-1], 6).apply(1000 * vectors)
    np.testing.assert_allclose(np.abs(swapped), np.abs(rows), atol=1e-3)


def recall_at_1(rows, views):
    products = rows @ rows.T - 2 * np.eye(len(rows), dtype=np.float32)
    return (products.argmax(1) // views == np.arange(len(rows)) // views).mean()


def test_it_finds_places_where_nuisance_hides_them_from_pca():
    """Half of what PCA keeps is nuisance, which differs within places; learned and tested on others."""
    vectors = places(600, 3, 32, nuisance=4.0)
    learn, test = vectors[:1200], vectors[1200:]
    pairs = matching(400, 3)
    dim = 16
    plain = recall_at_1(test / np.linalg.norm(test, axis=1, keepdims=True), 3)
    pca = recall_at_1(Whitening.fit(learn, dim).apply(test), 3)
    supervised = [recall_at_1(Whitening.fit_pairs(learn, pairs, dim, s).apply(test), 3) for s in (0, None)]
    assert max(plain, pca) < 0.8
    assert min(supervised) > 0.9


def test_shrinkage_rescues_few_pairs():
    vectors = places(110, 3, 64, nuisance=1.0, noise=0.5)
    learn, test = vectors[:30], vectors[30:]
    bare, shrunk = (
        recall_at_1(Whitening.fit_pairs(learn, matching(10, 3), 32, s).apply(test), 3) for s in (0, None)
    )
    assert bare < 0.6
    assert shrunk > 0.85


def test_shrinkage_is_ledoit_and_wolfs():
    for n, columns in ((40, 6), (30, 50)):
        vectors = np.random.default_rng(n).normal(size=(n, columns)) * np.geomspace(1, 9, columns)
        d = vectors[::2] - vectors[1::2]
        _, ours, _ = discriminative_projections(vectors, np.arange(n).reshape(-1, 2), 2)
        _, theirs = ledoit_wolf(d, assume_centered=True)
        assert 0.05 < theirs < 0.95
        assert ours == pytest.approx(theirs)


def test_equal_differences_are_known_well():
    vectors = np.random.default_rng(0).normal(size=(40, 4))
    vectors[1::2] = vectors[::2] + np.array([1, 2, 3, 4]) * 0.1
    assert discriminative_projections(vectors, np.arange(40).reshape(-1, 2), 4)[1] < 1e-9


def test_shrinkage_stays_within_0_and_1():
    assert optimal_shrinkage(np.eye(3), 100.0, 5) == 1
    assert optimal_shrinkage(np.diag([1.0, 2.0]), 100.0, 5) == 1
    assert optimal_shrinkage(np.diag([1.0, 2.0]), 5.0 - 1e-12, 5) == 0


def test_one_difference_alone_is_shrunk_to_a_sphere():
    vectors = np.random.default_rng(0).normal(size=(9, 4))
    for pairs in ([[0, 1]], [[0, 1], [1, 0], [0, 1]]):
        projections, shrinkage, _ = discriminative_projections(vectors, np.array(pairs), 4)
        assert shrinkage == 1
        products = projections @ projections.T
        np.testing.assert_allclose(products, products[0, 0] * np.eye(4), atol=1e-9)


def test_differences_that_follow_from_others_do_not_count():
    """The rank of the pairs' differences in general position."""
    rng = np.random.default_rng(0)
    for count in (1, 5, 20, 60):
        pairs = np.array([rng.choice(30, 2, replace=False) for _ in range(count)])
        vectors = rng.normal(size=(30, 100))
        rank = np.linalg.matrix_rank(vectors[pairs[:, 0]] - vectors[pairs[:, 1]])
        assert independent_differences(pairs) == rank
    assert independent_differences(matching(7, 3) * 10) == 14


def test_too_few_pairs_get_a_growing_diagonal():
    vectors, pairs = places(20, 3, 12), matching(20, 3)[:5]
    whitening = Whitening.fit_pairs(vectors, pairs, 12, shrinkage=0)
    assert whitening.provenance["added"] == 1e-10
    rows = whitening.apply(vectors)
    assert np.isfinite(rows).all()
    # those that matched are one point now, as nothing was known against it
    np.testing.assert_allclose((rows[pairs[:, 0]] * rows[pairs[:, 1]]).sum(1), 1, atol=1e-3)


def test_a_pivot_of_rounding_size_counts_as_none():
    vectors = np.array([[0, 0], [1, 1e-8], [0, 0], [1, -1e-8]])
    assert discriminative_projections(vectors, np.array([[0, 1], [2, 3]]), 2, 0.0)[2] == 1e-10


def test_the_diagonal_grows_until_the_factor_exists(monkeypatch):
    vectors, one = np.random.default_rng(0).normal(size=(20, 6)), np.array([[0, 1]])
    assert discriminative_projections(vectors, one, 3, 0.0)[2] == 1e-10
    monkeypatch.setattr("placeprint.whitening.supervised.FIRST_DIAGONAL", 1e-20)
    assert 1e-20 < discriminative_projections(vectors, one, 3, 0.0)[2] < 1e-10
    enough = np.array([[i, i + 1] for i in range(19)])
    projections, _, added = discriminative_projections(vectors, enough, 9, 0.0)
    assert (len(projections), added) == (6, 0)


def test_what_it_was_learnt_from_is_kept():
    vectors, pairs = places(10, 3, 8), matching(10, 3)
    said = Whitening.fit_pairs(vectors, pairs, 4, 0.25, {"seed": 3}).provenance
    assert {key: said[key] for key in ("photos", "pairs", "shrinkage", "seed")} == {
        "photos": 30,
        "pairs": 30,
        "shrinkage": 0.25,
        "seed": 3,
    }
    assert Whitening.fit_pairs(vectors, pairs, 99).dim == 8
    assert Whitening.fit_pairs(places(2, 3, 8), matching(2, 3), 99).dim == 5


def test_mistakes_are_said_plainly():
    vectors = places(5, 2, 4)
    with pytest.raises(PlaceprintError, match="matching photos"):
        Whitening.fit_pairs(vectors, np.zeros((0, 2), int), 2)
    with pytest.raises(PlaceprintError, match="equal vectors"):
        Whitening.fit_pairs(np.repeat(vectors, 2, axis=0), np.arange(20).reshape(-1, 2), 2)
    with pytest.raises(PlaceprintError, match="differ"):
        Whitening.fit_pairs(np.ones((4, 3)), np.array([[0, 1]]), 2)
    for wrong in (np.array([0, 1]), np.array([[0.0, 1.0]]), np.array([[0, 10]]), np.array([[-1, 0]])):
        with pytest.raises(ValueError, match="pair"):
            Whitening.fit_pairs(vectors, wrong, 2)
    with pytest.raises(ValueError, match="dimensions"):
        Whitening.fit_pairs(vectors, matching(5, 2), 0)
