"""The last linear layer of a place network."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from placeprint.networks.place_network import WhiteningLayer  # noqa: E402
from placeprint.whitening.whitening import Whitening  # noqa: E402


@pytest.fixture
def learned():
    generator = np.random.default_rng(0)
    rows = generator.normal(0.2, 1, (60, 40)) * np.geomspace(1, 1e-2, 40)
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return Whitening.fit(rows, 12), rows


def test_it_is_the_whitening_of_numpy(learned):
    whitening, rows = learned
    layer = WhiteningLayer.from_arrays(whitening.mean, whitening.matrix)
    np.testing.assert_allclose(layer(torch.from_numpy(rows)), whitening.apply(rows), atol=2e-5)
    assert set(layer.state_dict()) == {"matrix", "bias"}
    assert not list(layer.parameters())
    for dim in (1, 5, 12, 50):
        shorter = layer.truncated(dim)
        assert shorter.out_dim == min(dim, 12)
        expected = whitening.truncated(dim).apply(rows)
        np.testing.assert_allclose(shorter(torch.from_numpy(rows)), expected, atol=5e-5)


def test_any_linear_layer_fits():
    torch.manual_seed(0)
    layer, linear = WhiteningLayer(7, 3), torch.nn.Linear(7, 3)
    layer.load_state_dict({"matrix": linear.weight, "bias": linear.bias})
    x = torch.randn(4, 7)
    expected = torch.nn.functional.normalize(linear(x))
    torch.testing.assert_close(layer(x), expected)


def test_autocast_and_half_precision_do_not_cancel(learned):
    """W x and b nearly cancel, and would leave nothing in bfloat16."""
    whitening, rows = learned
    shifted = Whitening(whitening.mean + 50, whitening.matrix)
    layer = WhiteningLayer.from_arrays(shifted.mean, shifted.matrix)
    x = torch.from_numpy(rows + 50)
    with torch.autocast("cpu", torch.bfloat16):
        vectors = layer(x)
    assert vectors.dtype == torch.float32
    torch.testing.assert_close(vectors, layer(x))
    assert layer.bfloat16()(x).dtype == torch.float32
