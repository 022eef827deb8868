import numpy as np
import pytest
from sklearn.decomposition import PCA

from placeprint.descriptors.whitening import Whitening
from placeprint.errors import PlaceprintError


def correlated(n, columns, seed=0):
    rng = np.random.default_rng(seed)
    mixing = np.linalg.qr(rng.normal(size=(columns, columns)))[0] * np.geomspace(1, 0.01, columns)
    return (rng.normal(size=(n, columns)) @ mixing.T + rng.normal(size=columns)).astype(np.float32)


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize(("n", "columns"), [(300, 24), (40, 90)])
def test_equals_scikit_learn_up_to_signs(n, columns):
    vectors = correlated(n, columns)
    ours = Whitening.fit(vectors, 10, eps=0.0)
    theirs = PCA(10, whiten=True, svd_solver="full").fit(vectors.astype(np.float64))
    expected = unit(theirs.transform(vectors))
    signs = np.sign((ours.apply(vectors) * expected).sum(0))
    np.testing.assert_allclose(ours.apply(vectors), expected * signs, atol=2e-4)


def test_the_covariance_becomes_the_identity_on_what_is_kept():
    vectors = correlated(500, 16)
    whitening = Whitening.fit(vectors, 16)
    y = (vectors - whitening.mean) @ whitening.matrix.T
    np.testing.assert_allclose(np.cov(y.T), np.eye(16), atol=1e-3)


def test_gram_matrix_and_covariance_give_the_same_answer(monkeypatch):
    """Zero columns turn the primal problem into the dual one without changing it."""
    monkeypatch.setattr("placeprint.descriptors.whitening.BLOCK", 7)
    vectors = correlated(50, 20)
    primal = Whitening.fit(vectors, 12)
    dual = Whitening.fit(np.pad(vectors, ((0, 0), (0, 40))), 12)
    similarity = (
        np.abs(primal.matrix @ dual.matrix[:, :20].T) / np.linalg.norm(primal.matrix, axis=1)[:, None] ** 2
    )
    np.testing.assert_allclose(np.diag(similarity), 1, rtol=1e-3)
    assert not dual.matrix[:, 20:].any()


@pytest.mark.parametrize("columns", [6, 64])
def test_rank_limits_the_dimension_and_nothing_is_nan(columns):
    vectors = np.repeat(correlated(5, columns), 4, axis=0)  # 20 photos, 5 different
    whitening = Whitening.fit(vectors, 64)
    assert whitening.dim == 4
    rows = whitening.apply(np.concatenate([vectors, whitening.mean[None], correlated(9, columns, seed=4)]))
    assert np.isfinite(rows).all()
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    # whitened to full rank, five photos are the corners of a regular simplex
    products = rows[:20:4] @ rows[:20:4].T
    np.testing.assert_allclose(products[~np.eye(5, dtype=bool)], -1 / 4, atol=1e-2)


def test_shrinkage_leads_from_whitening_to_plain_pca():
    vectors = correlated(200, 8)
    values = np.sort(np.linalg.eigvalsh(np.cov(vectors.T.astype(np.float64))))[::-1][:5]
    for s in (0.0, 0.3, 1.0):
        lengths = np.linalg.norm(Whitening.fit(vectors, 5, shrinkage=s).matrix, axis=1)
        np.testing.assert_allclose(lengths, ((1 - s) * values + s * values.mean()) ** -0.5, rtol=1e-3)


def test_truncation_is_the_first_dimensions_made_unit_again():
    vectors = correlated(60, 30)
    whitening = Whitening.fit(vectors, 20, provenance={"source": "here"})
    np.testing.assert_allclose(
        whitening.truncated(6).apply(vectors), unit(whitening.apply(vectors)[:, :6]), atol=1e-5
    )
    assert whitening.truncated(6).provenance["source"] == "here"
    assert whitening.provenance["photos"] == 60


@pytest.mark.parametrize(
    "bad", [np.zeros((0, 4)), np.ones((1, 4)), np.ones((9, 4)), np.full((5, 4), np.nan), np.ones(4)]
)
def test_photos_that_say_nothing_are_refused(bad):
    with pytest.raises(PlaceprintError):
        Whitening.fit(bad, 2)


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="do not fit"):
        Whitening(np.zeros(3, np.float32), np.zeros((2, 4), np.float32))
