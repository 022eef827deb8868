import tracemalloc

import numpy as np
import pytest
from sklearn.decomposition import PCA

from placeprint.errors import PlaceprintError
from placeprint.whitening.whitening import Whitening


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
    monkeypatch.setattr("placeprint.whitening.principal_axes.BLOCK", 7)
    vectors = correlated(50, 20)
    primal = Whitening.fit(vectors, 12)
    dual = Whitening.fit(np.pad(vectors, ((0, 0), (0, 40))), 12)
    similarity = (
        np.abs(primal.matrix @ dual.matrix[:, :20].T) / np.linalg.norm(primal.matrix, axis=1)[:, None] ** 2
    )
    np.testing.assert_allclose(np.diag(similarity), 1, rtol=1e-3)
    assert not dual.matrix[:, 20:].any()


@pytest.mark.parametrize(("n", "columns"), [(90, 12), (9, 40)])
def test_netvlads_recipe_written_out(n, columns):
    """eps is added to eigenvalues of its own size; n − 1 divides; the first axes are kept."""
    vectors = correlated(n, columns) * np.float32(1e-4)
    mean = vectors.astype(np.float64).mean(0)
    values, axes = np.linalg.eigh((vectors - mean).T @ (vectors - mean) / (n - 1))
    matrix = np.diag(1 / np.sqrt(values[::-1][:5] + 1e-9)) @ axes[:, ::-1][:, :5].T
    ours = Whitening.fit(vectors, 5)
    signs = np.sign((ours.matrix * matrix).sum(1, keepdims=True))
    np.testing.assert_allclose(ours.matrix, matrix * signs, rtol=1e-3, atol=1e-4 * np.abs(matrix).max())
    np.testing.assert_allclose(ours.mean, mean, rtol=1e-6)
    expected = unit((vectors[:7] - mean) @ (matrix * signs).T)
    np.testing.assert_allclose(ours.apply(vectors[:7]), expected, atol=1e-3)


@pytest.mark.parametrize(("n", "columns"), [(200, 12_000), (30_000, 40)])
def test_learning_needs_less_memory_than_its_vectors(n, columns):
    """A covariance of 12,000 columns would take 1.2 GB; a float64 copy of the vectors twice their size."""
    vectors = np.random.default_rng(0).normal(size=(n, columns)).astype(np.float32)
    tracemalloc.start()
    try:
        whitening = Whitening.fit(vectors, 32)
        assert tracemalloc.get_traced_memory()[1] < vectors.nbytes
        tracemalloc.reset_peak()
        held = tracemalloc.get_traced_memory()[0]
        rows = whitening.apply(vectors)
        assert tracemalloc.get_traced_memory()[1] - held < 1.3 * vectors.nbytes + rows.nbytes
    finally:
        tracemalloc.stop()


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


@pytest.mark.parametrize(("n", "columns"), [(60, 20), (20, 60)])
def test_the_power_law_comes_first_and_stays(n, columns):
    vectors = correlated(n, columns)
    rooted = unit(np.sign(vectors) * np.abs(vectors) ** 0.3)
    ours, plain = Whitening.fit(vectors, 8, power=0.3), Whitening.fit(rooted, 8)
    rows, expected = ours.apply(vectors), plain.apply(rooted)
    np.testing.assert_allclose(rows @ rows.T, expected @ expected.T, atol=1e-4)
    np.testing.assert_allclose(ours.truncated(3).apply(vectors), unit(ours.apply(vectors)[:, :3]), atol=1e-5)
    pairs = np.arange(n).reshape(-1, 2)
    ours, plain = Whitening.fit_pairs(vectors, pairs, 8, power=0.3), Whitening.fit_pairs(rooted, pairs, 8)
    assert (ours.power, plain.power) == (0.3, 1)
    ours, plain = ours.apply(vectors), plain.apply(rooted)  # alike up to the signs of axes
    np.testing.assert_allclose(ours @ ours.T, plain @ plain.T, atol=1e-3)


def test_files_keep_the_power_only_where_there_is_one():
    vectors = correlated(30, 10)
    for power, kept in ((1.0, {"mean", "matrix"}), (0.5, {"mean", "matrix", "power"})):
        whitening = Whitening.fit(vectors, 4, power=power)
        again = Whitening.from_arrays(whitening.arrays() | {"other": np.zeros(3)}, {"photos": 30})
        assert set(whitening.arrays()) == kept
        assert (again.power, again.provenance) == (power, {"photos": 30})
        np.testing.assert_array_equal(again.apply(vectors), whitening.apply(vectors))
    half = Whitening.from_arrays({"mean": np.zeros(2, np.float32), "matrix": np.eye(2, dtype=np.float16)})
    assert half.matrix.dtype == np.float32
    with pytest.raises(KeyError):
        Whitening.from_arrays({"mean": np.zeros(2, np.float32)})


def test_one_line_says_what_it_is():
    vectors = correlated(1036, 8)
    assert str(Whitening.fit(vectors, 6, provenance={"seed": 0})) == (
        "PCA whitening to 6-D, learned on 1,036 photos (seed 0)"
    )
    supervised = Whitening.fit_pairs(vectors, np.arange(1036).reshape(-1, 2), 4, power=0.5)
    assert str(supervised) == (
        "Supervised whitening to 4-D after the power law 0.5, learned on 518 pairs of 1,036 photos"
    )
    assert str(Whitening(np.zeros(3, np.float32), np.zeros((2, 3), np.float32))) == "PCA whitening to 2-D"


@pytest.mark.parametrize(
    "bad",
    [
        np.zeros((0, 4)),
        np.ones((1, 4)),
        np.ones((9, 4)),
        np.full((5, 4), np.nan),
        np.array([[np.inf, 0], [-np.inf, 1], [0, 2]]),
        np.ones(4),
    ],
)
@pytest.mark.parametrize("power", [1.0, 0.5])
def test_photos_that_say_nothing_are_refused(bad, power):
    with pytest.raises(PlaceprintError):
        Whitening.fit(bad, 2, power=power)


@pytest.mark.parametrize("power", [0.0, -0.5, 2.0, float("nan")])
def test_other_exponents_are_refused(power):
    with pytest.raises(ValueError, match="exponent"):
        Whitening(np.zeros(3, np.float32), np.zeros((2, 3), np.float32), power=power)


def test_no_dimension_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        Whitening.fit(correlated(9, 3), 0)


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="do not match"):
        Whitening(np.zeros(3, np.float32), np.zeros((2, 4), np.float32))
