import numpy as np
import pytest
import torch

from placeprint.descriptors import Whitening
from placeprint.encoders.netvlad import NetVLADEncoder, unit_rows
from placeprint.explain import Affine, over_photo, vlad_shares
from placeprint.networks.pooling import NetVLAD

CLUSTERS, CHANNELS, ROWS, COLUMNS, DIM = 3, 5, 4, 6, 7


def made(seed=0):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(CHANNELS, ROWS, COLUMNS))
    head = NetVLADEncoder(rng.normal(size=(CLUSTERS, CHANNELS)), rng.normal(size=(CLUSTERS, CHANNELS)))
    whitening = Whitening(0.1 * rng.normal(size=head.dim), rng.normal(size=(DIM, head.dim)))
    return rng, features, head, whitening


def naive_terms(features, head, bias, weights, intra, unit_input):
    """The term of each position and cluster in the sum, (L, K, D), before any length divides it."""
    x = features.reshape(len(features), -1).T
    terms = np.zeros((len(x), *head.centers.shape))
    for i, row in enumerate(x):
        if unit_input:
            row = row / np.sqrt(np.sum(row**2))
        powers = np.exp(head.assignment @ row + bias)
        for k in range(CLUSTERS):
            terms[i, k] = weights.ravel()[i] * powers[k] / powers.sum() * (row - head.centers[k])
    if intra:
        terms /= np.sqrt(np.sum(terms.sum(axis=0) ** 2, axis=1))[None, :, None]
    return terms / np.sqrt(np.sum(terms.sum(axis=0) ** 2))


@pytest.mark.parametrize("whitened", [False, True])
@pytest.mark.parametrize("intra", [False, True])
@pytest.mark.parametrize("unit_input", [False, True])
def test_shares_are_those_of_a_naive_loop_and_add_up_to_the_similarity_of_the_layer(
    whitened, intra, unit_input
):
    rng, features, head, whitening = made()
    bias, weights = rng.normal(size=CLUSTERS), rng.uniform(0.1, 2.0, size=(ROWS, COLUMNS))
    layer = NetVLAD(CHANNELS, CLUSTERS, bias=True, intra=intra, unit_input=unit_input).double()
    with torch.no_grad():
        layer.assignment.copy_(torch.as_tensor(head.assignment))
        layer.centers.copy_(torch.as_tensor(head.centers))
        layer.bias.copy_(torch.as_tensor(bias))
        vector = layer(torch.as_tensor(features)[None], torch.as_tensor(weights)[None])[0].numpy()
    length, matrix, mean = 1.0, np.eye(head.dim), np.zeros(head.dim)
    if whitened:
        matrix, mean = whitening.matrix, whitening.mean
        length = np.linalg.norm(matrix @ (vector - mean))
        vector = matrix @ (vector - mean) / length
    target = rng.normal(size=len(vector))
    target /= np.linalg.norm(target)
    options = {"bias": bias, "weights": weights, "intra": intra, "unit_input": unit_input}
    found = vlad_shares(features, head, target, Affine.of(whitening) if whitened else None, **options)

    assert found.similarity == pytest.approx(vector @ target, abs=1e-12)
    assert found.shares.sum() + found.offset == pytest.approx(vector @ target, abs=1e-12)
    assert found.cluster_shares.sum() + found.offset == pytest.approx(vector @ target, abs=1e-12)
    terms = naive_terms(features, head, **options)
    expected = [
        [matrix @ np.where(own, terms[i], 0).ravel() @ target / length for own in owns()] for i in range(24)
    ]
    np.testing.assert_allclose(found.shares.ravel(), np.sum(expected, axis=1), atol=1e-12)
    np.testing.assert_allclose(found.cluster_shares, np.sum(expected, axis=0), atol=1e-12)
    assert found.offset == pytest.approx(-(matrix @ mean) @ target / length, abs=1e-12)


def owns():
    return np.eye(CLUSTERS, dtype=bool)[:, :, None]


def test_the_defaults_are_the_shipped_layer():
    rng, features, head, whitening = made(1)
    rows = features.reshape(CHANNELS, -1).T
    vector = whitening.apply(head.encode(rows.astype(np.float32))[None])[0]
    target = rng.normal(size=DIM)
    found = vlad_shares(features, head, target, Affine.of(whitening))
    assert found.similarity == pytest.approx(vector @ target, abs=1e-5)
    nearest = np.argmax(unit_rows(rows) @ head.assignment.T, axis=1)
    assert (found.clusters.ravel() == nearest).all()
    assert len(set(nearest)) > 1


def test_top_clusters_come_in_order_with_what_they_add():
    rng, features, head, whitening = made(2)
    found = vlad_shares(features, head, rng.normal(size=DIM), Affine.of(whitening))
    top = found.top_clusters(2)
    assert [share for _, share in top] == sorted(found.cluster_shares, reverse=True)[:2]
    assert all(found.cluster_shares[k] == share for k, share in top)


def test_a_photo_without_any_signal_has_finite_shares():
    _, features, head, whitening = made()
    found = vlad_shares(np.zeros_like(features), head, np.ones(DIM), Affine.of(whitening))
    assert np.isfinite(found.shares).all()
    with pytest.raises(ValueError, match="not linear"):
        Affine.of(Whitening(whitening.mean, whitening.matrix, power=0.5))


def test_spreading_keeps_the_mean_and_places_positions_in_the_middle_of_their_pixels():
    positions = np.zeros((4, 6))
    positions[1, 4] = 1.0
    heat = over_photo(positions, (64, 96))
    assert heat.dtype == np.float32
    assert heat.shape == (64, 96)
    assert heat.sum() == pytest.approx(16 * 16, rel=0.02)
    ys, xs = np.indices(heat.shape)
    sharp = over_photo(positions, (64, 96), smoothing=0)
    assert (sharp * ys).sum() / sharp.sum() == pytest.approx(1.5 * 16 - 0.5, abs=0.01)
    assert (sharp * xs).sum() / sharp.sum() == pytest.approx(4.5 * 16 - 0.5, abs=0.01)
    assert sharp[24, 64:81].tolist() == pytest.approx(
        np.interp(np.arange(64, 81), [55.5, 71.5, 87.5], [0, 1, 0]) * sharp[24].max(), abs=0.05
    )
    assert sharp.max() > heat.max()
    corner = np.zeros((4, 6))
    corner[0, 0] = 1.0
    assert over_photo(corner, (4, 6)).sum() == pytest.approx(1.0, abs=1e-5)
