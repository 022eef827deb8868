"""Average, MAC, SPoC, CroW, GeM and R-MAC against loops and known answers."""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from placeprint.networks.pooling import MAC, RMAC, Average, CroW, GeM, SPoC, rmac_regions  # noqa: E402

MAPS = np.random.default_rng(0).normal(size=(3, 5, 4, 7)).astype(np.float32)


def unit(vector):
    return np.asarray(vector) / np.linalg.norm(vector)


def pooled(layer, maps=MAPS):
    with torch.no_grad():
        return layer(torch.from_numpy(np.ascontiguousarray(maps))).numpy()


def naive(per_map, maps=MAPS):
    return np.stack([unit(per_map(x.astype(float))) for x in maps])


def positions(x):
    return [(y, c) for y in range(x.shape[1]) for c in range(x.shape[2])]


def test_average_and_mac():
    average = naive(lambda x: [sum(k[p] for p in positions(x)) / 28 for k in x])
    np.testing.assert_allclose(pooled(Average(5)), average, atol=1e-6)
    np.testing.assert_allclose(
        pooled(MAC(5)), naive(lambda x: [max(k[p] for p in positions(x)) for k in x]), atol=1e-6
    )


def test_spoc_weighs_the_center():
    def per_map(x):
        rows, columns = x.shape[1:]
        sigma = min(rows, columns) / 2 / 3
        weights = {
            (y, c): math.exp(-((y - (rows - 1) / 2) ** 2 + (c - (columns - 1) / 2) ** 2) / (2 * sigma**2))
            for y, c in positions(x)
        }
        return [sum(weights[p] * k[p] for p in positions(x)) for k in x]

    np.testing.assert_allclose(pooled(SPoC(5)), naive(per_map), atol=1e-6)
    np.testing.assert_allclose(pooled(SPoC(5), MAPS[..., ::-1]), pooled(SPoC(5)), atol=1e-6)
    # On 3 x 3 the deviation is half a position: a corner weighs e^-4, an edge e^-2, the center 1.
    corner, edge, center = np.zeros((3, 3, 3), np.float32)
    corner[0, 0] = edge[0, 1] = center[1, 1] = 1
    expected = unit([math.exp(-4), math.exp(-2), 1])
    np.testing.assert_allclose(
        pooled(SPoC(3), np.stack([corner, edge, center])[None])[0], expected, rtol=1e-5
    )


def test_crow_weighs_positions_and_channels():
    epsilon = 1e-6

    def per_map(x):
        x = np.maximum(x, 0)
        total = {p: sum(k[p] for k in x) for p in positions(x)}
        length = sum(s**2 for s in total.values()) ** (1 / 2)
        alpha = {p: (s / length) ** (1 / 2) for p, s in total.items()}
        share = [sum(k[p] > 0 for p in positions(x)) / len(total) for k in x]
        channel = [math.log((len(x) * epsilon + sum(share)) / (epsilon + q)) for q in share]
        return [i * sum(alpha[p] * k[p] for p in positions(x)) for i, k in zip(channel, x, strict=True)]

    maps = MAPS.copy()
    maps[0, 2] = -1
    maps[1, :, 1, 3] = 0
    np.testing.assert_allclose(pooled(CroW(5), maps), naive(per_map, maps), atol=1e-5)


def test_gem_lies_between_average_and_mac():
    positive = np.abs(MAPS)
    np.testing.assert_allclose(pooled(GeM(5, 1.0), positive), pooled(Average(5), positive), atol=1e-6)
    gaps = [
        np.abs(pooled(GeM(5, p), positive) - pooled(MAC(5), positive)).max() for p in (1.0, 3.0, 30.0, 3000.0)
    ]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[-1] < 1e-3
    assert gaps[0] > 0.05


@pytest.mark.parametrize("exponents", [[3.0], [1.0, 2.0, 2.5, 4.0, 7.0]])
def test_gem_formula(exponents):
    layer = GeM(5, per_channel=len(exponents) == 5)
    assert list(layer.state_dict()) == ["p"]
    assert layer.p.tolist() == [3.0] * len(exponents)
    with torch.no_grad():
        layer.p.copy_(torch.tensor(exponents))

    def per_map(x):
        p = exponents * (5 // len(exponents))
        return [
            (sum(max(k[i], 1e-6) ** p[d] for i in positions(x)) / 28) ** (1 / p[d]) for d, k in enumerate(x)
        ]

    np.testing.assert_allclose(pooled(layer), naive(per_map), atol=1e-6)
    assert not list(GeM(5, learn=False).parameters())


def test_gem_of_any_scale_and_power_is_finite():
    for scale in (1e-5, 1e15):
        layer = GeM(5, 20.0)
        x = torch.from_numpy(np.abs(MAPS) * np.float32(scale)).requires_grad_()
        rows = layer(x)
        rows.sum().backward()
        assert torch.isfinite(x.grad).all()
        assert torch.isfinite(layer.p.grad).all()
        # Away from epsilon GeM does not know the scale.
        np.testing.assert_allclose(rows.detach(), pooled(GeM(5, 20.0), np.abs(MAPS)), atol=1e-2)


def test_regions_by_hand():
    assert rmac_regions(1, 1) == [(0, 0, 1)]
    assert rmac_regions(4, 4) == [
        (0, 0, 4),
        *((top, left, 2) for top in (0, 2) for left in (0, 2)),
        *((top, left, 2) for top in (0, 1, 2) for left in (0, 1, 2)),
    ]
    # 3 x 6: three squares overlap by 50 %, the nearest to 40 %; two by 0 %, four by 67 %.
    wide = [
        *((0, left, 3) for left in (0, 1, 3)),
        *((top, left, 2) for top in (0, 1) for left in (0, 1, 2, 4)),
        *((top, left, 1) for top in (0, 1, 2) for left in (0, 1, 2, 3, 5)),
    ]
    assert rmac_regions(3, 6) == wide
    assert sorted(rmac_regions(6, 3)) == sorted((left, top, side) for top, left, side in wide)
    # 5 x 9: two squares overlap by 20 % and three by 60 %; the fewer win.
    assert [left for _, left, _ in rmac_regions(5, 9, levels=1)] == [0, 4]
    # 30 x 40, a photo of 480 x 640 in VGG16: two squares at level 1, 2 + 6 + 12 in all.
    assert len(rmac_regions(30, 40)) == 20


@pytest.mark.parametrize(("rows", "columns"), [(1, 9), (2, 50), (17, 23), (40, 30), (7, 8)])
def test_regions_lie_on_the_map_and_reach_its_borders(rows, columns):
    regions = rmac_regions(rows, columns)
    for level in {region.side for region in regions}:
        tops, lefts = zip(*((r.top, r.left) for r in regions if r.side == level), strict=True)
        assert min(tops) == min(lefts) == 0
        assert max(lefts) + level == columns or columns <= rows
        assert max(tops) + level <= rows
        assert max(lefts) + level <= columns


@pytest.mark.parametrize("whitened", [False, True])
def test_rmac_sums_the_unit_vectors_of_its_regions(whitened):
    rng = np.random.default_rng(1)
    mean, matrix = rng.normal(size=5).astype(np.float32) / 9, rng.normal(size=(3, 5)).astype(np.float32)

    def per_map(x):
        total = 0
        for top, left, side in rmac_regions(4, 7, 2):
            vector = [
                max(k[y, c] for y in range(top, top + side) for c in range(left, left + side)) for k in x
            ]
            vector = unit(vector)
            total = total + (unit(matrix @ (vector - mean)) if whitened else vector)
        return total

    whitening = {"mean": torch.from_numpy(mean), "matrix": torch.from_numpy(matrix)} if whitened else {}
    layer = RMAC(5, 2, **whitening)
    assert layer.out_dim == (3 if whitened else 5)
    assert set(layer.state_dict()) == set(whitening)
    np.testing.assert_allclose(pooled(layer), naive(per_map), atol=1e-5)
    with pytest.raises(ValueError, match="both"):
        RMAC(5, mean=torch.zeros(5))
