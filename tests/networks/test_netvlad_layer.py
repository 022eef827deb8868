import numpy as np
import pytest

from placeprint.encoders import netvlad as reference

torch = pytest.importorskip("torch")
from placeprint.networks.netvlad import NetVLAD  # noqa: E402


@pytest.fixture(scope="module")
def features():
    return np.random.default_rng(0).normal(size=(3, 12, 5, 7)).astype(np.float32)


@pytest.fixture(scope="module")
def head(features):
    return reference.initialise(features.transpose(0, 2, 3, 1).reshape(-1, 12), 6, seed=1)


def test_it_equals_the_numpy_layer(features, head):
    layer = NetVLAD.from_arrays(head)
    with torch.no_grad():
        rows = layer(torch.from_numpy(features)).numpy()
    expected = np.stack([head.encode(f.reshape(12, -1).T) for f in features])
    np.testing.assert_allclose(rows, expected, atol=1e-5)


def test_initialisation_is_that_of_the_numpy_layer(features, head):
    layer = NetVLAD.init_from_descriptors(features.transpose(0, 2, 3, 1).reshape(-1, 12), 6, seed=1)
    np.testing.assert_array_equal(layer.assignment.detach().numpy(), head.assignment)
    np.testing.assert_array_equal(layer.centres.detach().numpy(), head.centres)


def test_both_parameters_learn_and_the_gradient_is_right():
    torch.manual_seed(0)
    layer = NetVLAD(3, 4).double()
    assert [name for name, _ in layer.named_parameters()] == ["assignment", "centres"]
    x = torch.randn(2, 4, 2, 3, dtype=torch.float64, requires_grad=True)
    parameters = (layer.assignment, layer.centres)
    assert torch.autograd.gradcheck(
        lambda x, w, c: torch.func.functional_call(layer, {"assignment": w, "centres": c}, x),
        (x, *parameters),
    )
