import pytest

torch = pytest.importorskip("torch")

from placeprint.networks.pooling import NetVLAD  # noqa: E402
from placeprint.networks.pooling.vlad.region_vlad import REGIONS, region_vlads  # noqa: E402


def layer(**settings):
    torch.manual_seed(0)
    made = NetVLAD(6, 4, **settings).double()
    if made.bias is not None:
        torch.nn.init.normal_(made.bias)
    return made


@pytest.mark.parametrize("size", [(6, 8), (5, 8), (6, 7), (5, 7), (2, 2), (3, 2)])
@pytest.mark.parametrize(
    "settings", [{}, {"bias": True}, {"intra": False}, {"unit_input": False, "bias": True}]
)
def test_each_region_is_netvlad_of_that_part(size, settings):
    netvlad = layer(**settings)
    x = torch.randn(3, 6, *size, dtype=torch.float64)
    with torch.no_grad():
        regions = region_vlads(x, netvlad)
        assert regions.shape == (3, 9, netvlad.out_dim)
        y, z = size[0] // 2, size[1] // 2
        rows = {"top": slice(0, y), "bottom": slice(y, None)}
        columns = {"left": slice(0, z), "right": slice(z, None)}
        for i, name in enumerate(REGIONS):
            row = next((part for word, part in rows.items() if word in name), slice(None))
            column = next((part for word, part in columns.items() if word in name), slice(None))
            torch.testing.assert_close(regions[:, i], netvlad(x[:, :, row, column]))
    assert REGIONS[0] == "global"
    assert len(set(REGIONS)) == 9


def test_sums_before_normalization():
    netvlad = layer()
    x = torch.randn(2, 6, 3, 4, dtype=torch.float64)
    ours = netvlad.residuals(x)
    for n, k in ((0, 0), (1, 3)):
        total = torch.zeros(6, dtype=torch.float64)
        for column in x[n].flatten(1).T:
            column = column / column.norm()
            share = torch.softmax(netvlad.assignment @ column, 0)[k]
            total += share * (column - netvlad.centers[k])
        torch.testing.assert_close(ours[n, k], total)


def test_gradients_and_zeros():
    netvlad = layer()
    x = torch.randn(1, 6, 2, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: region_vlads(x, netvlad)[:, ::4], x)
    zero = torch.zeros(1, 6, 2, 2, dtype=torch.float64, requires_grad=True)
    region_vlads(zero, netvlad).sum().backward()
    assert torch.isfinite(zero.grad).all()
    for size in ((1, 4), (4, 1)):
        with pytest.raises(ValueError, match="quarters"):
            region_vlads(torch.zeros(1, 6, *size), netvlad)


def test_half_precision_is_computed_in_float32():
    netvlad = layer().float()
    x = torch.randn(1, 6, 4, 4).bfloat16()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        ours = region_vlads(x, netvlad)
    torch.testing.assert_close(ours, region_vlads(x.float(), netvlad))
