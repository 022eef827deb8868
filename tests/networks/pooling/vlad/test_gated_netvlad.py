import numpy as np
import pytest

torch = pytest.importorskip("torch")

from placeprint.encoders.gated_netvlad import GatedNetVLADEncoder as Reference  # noqa: E402
from placeprint.networks.pooling import GatedNetVLAD, NetVLAD  # noqa: E402
from placeprint.networks.pooling.vlad.region_vlad import REGIONS, region_vlads  # noqa: E402


@pytest.fixture
def layer():
    torch.manual_seed(0)
    made = GatedNetVLAD(6, 4, hidden=5)
    with torch.no_grad():
        for parameter in (made.projection, made.gate.weight, made.gate.bias):
            parameter += 0.7 * torch.randn_like(parameter)
    return made


def test_new_gates_change_nothing():
    netvlad = NetVLAD(6, 4)
    x = torch.randn(2, 6, 3, 4)
    torch.testing.assert_close(GatedNetVLAD.of(netvlad)(x), netvlad(x))
    with pytest.raises(ValueError, match="bias"):
        GatedNetVLAD.of(NetVLAD(6, 4, bias=True))


def test_the_formula_position_by_position(layer):
    layer = layer.double()
    x = torch.randn(2, 6, 3, 4, dtype=torch.float64)
    found = layer.residuals(x)
    for n, k in ((0, 0), (1, 3)):
        total = torch.zeros(6, dtype=torch.float64)
        for column in x[n].flatten(1).T:
            y = layer.projection @ column
            y = y / y.norm()
            inner = torch.clamp(layer.hidden.weight @ y + layer.hidden.bias, min=0)
            gate = 2 / (1 + torch.exp(-(layer.gate.weight @ inner + layer.gate.bias)))[k]
            share = torch.softmax(layer.netvlad.assignment @ y, 0)[k]
            total += gate * share * (y - layer.netvlad.centers[k])
        torch.testing.assert_close(found[n, k], total)


def test_numpy_and_torch_agree_both_ways(layer):
    x = torch.randn(2, 6, 3, 4)
    head = layer.arrays()
    expected = np.stack([head.encode(one.flatten(1).T.numpy()) for one in x])
    np.testing.assert_allclose(layer(x).detach().numpy(), expected, atol=1e-5)
    torch.testing.assert_close(GatedNetVLAD.from_arrays(head)(x), layer(x))
    assert isinstance(Reference.from_arrays(head.netvlad, head.arrays()), Reference)
    with pytest.raises(KeyError):
        Reference.from_arrays(head.netvlad, {})


def test_regions_are_gated_parts_of_the_map(layer):
    x = torch.randn(2, 6, 4, 6)
    regions = region_vlads(x, layer)
    torch.testing.assert_close(regions[:, 0], layer(x))
    torch.testing.assert_close(regions[:, REGIONS.index("top left")], layer(x[:, :, :2, :3]))


def test_gradients(layer):
    layer = layer.double()
    x = torch.randn(1, 6, 2, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(layer, x)
    layer(x).sum().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in layer.parameters())
