"""What every pooling layer must do, on maps of all sizes."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from placeprint.networks.pooling import (  # noqa: E402
    CRN,
    MAC,
    RMAC,
    SALAD,
    Average,
    BoQ,
    ConvAP,
    CosPlace,
    CroW,
    GeM,
    MixVPR,
    NetVLAD,
    Pooling,
    SPoC,
)

D = 12
LAYERS = {
    "average": lambda size: Average(D),
    "mac": lambda size: MAC(D),
    "spoc": lambda size: SPoC(D),
    "crow": lambda size: CroW(D),
    "gem": lambda size: GeM(D),
    "gem, fixed p a channel": lambda size: GeM(D, 2.5, learn=False, per_channel=True),
    "rmac": lambda size: RMAC(D),
    "rmac, whitened": lambda size: RMAC(D, mean=torch.full((D,), 0.1), matrix=torch.randn(7, D)),
    "netvlad": lambda size: NetVLAD(D, 5),
    "netvlad, second version": lambda size: NetVLAD(D, 5, bias=True),
    "netvlad, plain": lambda size: NetVLAD(D, 5, intra=False, unit_input=False),
    "crn": lambda size: CRN(D, 5),
    "cosplace": lambda size: CosPlace(D, 9),
    "convap": lambda size: ConvAP(D, 6, (2, 3)),
    "mixvpr": lambda size: MixVPR(D, size, out_channels=8, out_rows=3, depth=2),
    "salad": lambda size: SALAD(D, 5, cluster_dim=4, token_dim=6),
    "boq": lambda size: BoQ(D, 64, queries=5, out_rows=3),
}
SIZES = [(1, 1), (2, 1), (3, 7), (17, 23)]


def layer_of(name, size):
    torch.manual_seed(3)
    return LAYERS[name](size).eval()


def maps(n, size):
    return torch.randn(n, D, *size, generator=torch.Generator().manual_seed(0))


def test_batch_independence_is_seen():
    with pytest.raises(AssertionError):
        check(lambda x: MAC(D)(x) @ MAC(D)(x).T @ MAC(D)(x), maps(8, (3, 7)), D)


def check(layer, x, out_dim):
    """Unit vectors, of each map alone, and the same ones again."""
    with torch.no_grad():
        rows = layer(x)
        assert rows.shape == (len(x), out_dim)
        assert rows.dtype == torch.float32
        assert torch.isfinite(rows).all()
        torch.testing.assert_close(rows.norm(dim=1), torch.ones(len(x)))
        torch.testing.assert_close(layer(x[2:3]), rows[2:3], atol=1e-5, rtol=0)
        torch.testing.assert_close(layer(x[-1:]), rows[-1:], atol=1e-5, rtol=0)
        assert torch.equal(layer(x), rows)


@pytest.mark.parametrize("name", LAYERS)
def test_unit_vectors_that_depend_on_their_own_map_alone(name):
    for size in SIZES:
        x = maps(8, size)
        x[2:4] = x[2:4].relu()
        x[4:] = x[4:, :1].abs() * torch.rand(D, 1, 1)  # as from a grayscale photo: one pattern
        layer = layer_of(name, size)
        assert isinstance(layer, Pooling)
        check(layer, x, layer.out_dim)


@pytest.mark.parametrize("name", LAYERS)
def test_gradients_are_right(name):
    size = (3, 4)
    layer = layer_of(name, size).double()
    names = [key for key, value in layer.named_parameters() if value.requires_grad]
    x = torch.randn(2, D, *size, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    inputs = (x.abs().requires_grad_(), *(layer.get_parameter(key) for key in names))

    def run(x, *values):
        return torch.func.functional_call(layer, dict(zip(names, values, strict=True)), (x,))

    assert run(*inputs).dtype == torch.float64
    assert torch.autograd.gradcheck(run, inputs, fast_mode=True)


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("empty", ["map", "position", "channel"])
def test_zeros_give_finite_vectors_and_gradients(name, empty):
    layer = layer_of(name, (3, 4))
    x = maps(2, (3, 4)).relu()
    {"map": x[0], "position": x[0, :, 1, 2], "channel": x[0, 3]}[empty].zero_()
    x.requires_grad_()
    rows = layer(x)
    rows.backward(torch.randn(rows.shape))
    rows = rows.detach()
    assert torch.isfinite(rows).all()
    assert float(rows[1].norm()) == pytest.approx(1, abs=1e-5)
    for tensor in (x, *(p for p in layer.parameters() if p.requires_grad)):
        assert torch.isfinite(tensor.grad).all()
        assert tensor.grad.abs().max() < 1e6


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16])
def test_low_precision_is_near_float32(name, kind):
    layer = layer_of(name, (7, 6))
    x = (3 * maps(2, (7, 6)).relu()).to(kind)
    with torch.no_grad():
        expected = layer(x.float())
        rows = layer.to(kind)(x)
    assert rows.dtype == torch.float32
    np.testing.assert_allclose(rows.norm(dim=1), 1, atol=1e-5)
    assert (rows * expected).sum(dim=1).min() > 0.995


@pytest.mark.parametrize("name", LAYERS)
def test_autocast_and_memory_layouts(name):
    layer = layer_of(name, (7, 6))
    x = maps(2, (7, 6)).relu()
    with torch.no_grad():
        rows = layer(x)
        torch.testing.assert_close(
            layer(x.contiguous(memory_format=torch.channels_last)), rows, atol=1e-5, rtol=0
        )
        with torch.autocast("cpu", torch.bfloat16):
            cast = layer(x)
    assert cast.dtype == torch.float32
    assert (cast * rows).sum(dim=1).min() > 0.995
    if "netvlad" in name:
        assert torch.equal(cast, rows)
