import numpy as np
import pytest

from placeprint.codebooks import Codebook
from placeprint.encoders import netvlad as reference
from placeprint.encoders import vlad
from placeprint.errors import PlaceprintError

torch = pytest.importorskip("torch")
from torch.nn import functional  # noqa: E402

from placeprint.networks.pooling import CRN, NetVLAD, flatten_order  # noqa: E402
from placeprint.networks.pooling.vlad.crn import ContextualReweighting  # noqa: E402
from placeprint.networks.pooling.vlad.netvlad import distance_sharpness  # noqa: E402


@pytest.fixture(scope="module")
def features():
    return np.random.default_rng(0).normal(size=(3, 12, 5, 7)).astype(np.float32)


@pytest.fixture(scope="module")
def rows(features):
    return reference.unit_rows(features.transpose(0, 2, 3, 1).reshape(-1, 12))


@pytest.fixture(scope="module")
def head(rows):
    return reference.initialize(rows, 6, seed=1)


def run(layer, features):
    with torch.no_grad():
        return layer(torch.from_numpy(features)).numpy()


def expanded(layer, features, weights=None):
    """NetVLAD with all residuals of all clusters, position by position."""
    w, c = layer.assignment.detach().double().numpy(), layer.centers.detach().double().numpy()
    b = 0 if layer.bias is None else layer.bias.detach().double().numpy()
    out = []
    for n, one in enumerate(features.astype(float)):
        v = np.zeros(c.shape)
        for y, column in np.ndindex(one.shape[1:]):
            x = one[:, y, column]
            if layer.unit_input:
                x = x / max(np.linalg.norm(x), 1e-12)
            a = np.exp(w @ x + b)
            a = a / a.sum() * (1 if weights is None else weights[n, y, column])
            for k in range(len(c)):
                v[k] += a[k] * (x - c[k])
        if layer.intra:
            v /= np.linalg.norm(v, axis=1, keepdims=True)
        out.append(v.ravel() / np.linalg.norm(v))
    return np.stack(out)


def test_it_equals_the_numpy_layer(features, head):
    expected = np.stack([head.encode(f.reshape(12, -1).T) for f in features])
    np.testing.assert_allclose(run(NetVLAD.from_arrays(head), features), expected, atol=1e-5)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("intra", [False, True])
@pytest.mark.parametrize("unit_input", [False, True])
def test_it_equals_the_expanded_form(features, bias, intra, unit_input):
    torch.manual_seed(0)
    layer = NetVLAD(12, 5, bias=bias, intra=intra, unit_input=unit_input)
    if bias:
        torch.nn.init.normal_(layer.bias)
    features = features.copy()
    features[1, :, 2, 3] = 0
    np.testing.assert_allclose(run(layer, features), expanded(layer, features), atol=1e-5)
    weights = np.random.default_rng(1).uniform(size=(3, 5, 7)).astype(np.float32)
    with torch.no_grad():
        weighted = layer(torch.from_numpy(features), torch.from_numpy(weights)).numpy()
    np.testing.assert_allclose(weighted, expanded(layer, features, weights), atol=1e-5)


def test_parameters_of_both_versions():
    assert [name for name, _ in NetVLAD(4, 3).named_parameters()] == ["assignment", "centres"]
    assert [name for name, _ in NetVLAD(4, 3, bias=True).named_parameters()] == [
        "assignment",
        "centres",
        "bias",
    ]


def test_initialization_is_that_of_the_numpy_layer(rows, head):
    layer = NetVLAD.init_from_descriptors(rows, 6, seed=1)
    np.testing.assert_array_equal(layer.assignment.detach().numpy(), head.assignment)
    np.testing.assert_array_equal(layer.centers.detach().numpy(), head.centers)


def test_second_version_begins_with_a_hundredfold_nearest_center(rows, head):
    layer = NetVLAD.init_from_descriptors(4 * rows, 6, seed=1, bias=True)
    np.testing.assert_array_equal(layer.centers.detach().numpy(), head.centers)
    w, b = layer.assignment.detach().double().numpy(), layer.bias.detach().double().numpy()
    scores = np.sort(rows.astype(float) @ w.T + b, axis=1)
    assert np.mean(scores[:, -1] - scores[:, -2]) == pytest.approx(np.log(100), rel=1e-4)
    # Assignments fall with the squared distance: exp(-alpha d²), up to a factor for each position.
    alpha = distance_sharpness(rows, head.centers)
    distances = ((rows[:, None].astype(float) - head.centers) ** 2).sum(axis=2)
    fall = (rows.astype(float) @ w.T + b) + alpha * distances
    np.testing.assert_allclose(fall, np.repeat(fall[:, :1], 6, axis=1), rtol=1e-4)
    with pytest.raises(PlaceprintError, match="equally far"):
        distance_sharpness(rows, np.zeros((3, 12), np.float32))


def test_versions_agree_where_centers_have_unit_length(features, rows, head):
    # There d² = 2 − 2 w·x, so that alpha is half of the first version's and the bias cancels.
    centers = reference.unit_rows(head.centers)
    first = reference.from_centers(rows, centers)
    alpha = distance_sharpness(rows, centers)
    assert alpha == pytest.approx(reference.assignment_sharpness(rows, centers) / 2, rel=1e-4)
    second = NetVLAD.second_version(centers, alpha)
    np.testing.assert_allclose(second.assignment.detach().numpy(), first.assignment, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(run(second, features), run(NetVLAD.from_arrays(first), features), atol=1e-5)


def test_hard_assignment_is_vlad(features, rows, head):
    directions = reference.unit_rows(head.centers)
    soft = NetVLAD.from_arrays(reference.NetVLADEncoder(np.float32(20) * directions, directions))
    first = NetVLAD.from_arrays(reference.NetVLADEncoder(np.float32(1e5) * directions, directions))
    second = NetVLAD.second_version(head.centers, 1e5)
    for layer, centers in ((first, directions), (second, head.centers)):
        words = [vlad(reference.unit_rows(f.reshape(12, -1).T), Codebook(centers)) for f in features]
        np.testing.assert_allclose(run(layer, features), np.stack(words), atol=1e-4)
    assert np.abs(run(soft, features) - run(first, features)).max() > 1e-2


def test_the_two_flattenings_permute_into_each_other():
    clusters, channels = 3, 4
    theirs = np.array([f"d{d}k{k}" for d in range(channels) for k in range(clusters)])
    ours = np.array([f"d{d}k{k}" for k in range(clusters) for d in range(channels)])
    np.testing.assert_array_equal(theirs[flatten_order(clusters, channels)], ours)
    np.testing.assert_array_equal(ours[flatten_order(channels, clusters)], theirs)
    matrix = np.random.default_rng(0).normal(size=(2, 12))
    order = flatten_order(clusters, channels)
    vector = np.arange(12.0)
    np.testing.assert_allclose(matrix[:, order] @ vector[order], matrix @ vector)
    assert torch.arange(12)[order].tolist() == order.tolist()


def test_crn_weighs_netvlad_by_context(features):
    torch.manual_seed(1)
    layer = CRN(12, 5)
    weights = run(layer.context, features)
    assert weights.shape == (3, 5, 7)
    assert weights.min() >= 0
    np.testing.assert_allclose(run(layer, features), expanded(layer.netvlad, features, weights), atol=1e-5)
    assert [tuple(f.weight.shape[1:]) for f in layer.context.filters] == [(12, n, n) for n in (3, 5, 7)]


def test_context_against_loops():
    torch.manual_seed(2)
    context = ContextualReweighting(2)
    assert [len(f.weight) for f in context.filters] == [32, 32, 20]
    for convolution in context.filters:
        bound = (3 / (2 * convolution.kernel_size[0] ** 2)) ** 0.5
        assert 0.8 * bound < convolution.weight.abs().max() <= bound
        torch.nn.init.normal_(convolution.bias)
    x = np.random.default_rng(0).normal(size=(1, 2, 6, 10)).astype(np.float32)
    averages = np.zeros((2, 3, 5))
    for y, c in np.ndindex(3, 5):
        averages[:, y, c] = x[0, :, 2 * y : 2 * y + 3, 2 * c : 2 * c + 3].mean(axis=(1, 2))
    total = np.zeros((3, 5))
    for convolution in context.filters:
        w, b = convolution.weight.detach().numpy(), convolution.bias.detach().numpy()
        reach = w.shape[-1] // 2
        padded = np.pad(averages, ((0, 0), (reach, reach), (reach, reach)))
        for y, c in np.ndindex(3, 5):
            seen = padded[:, y : y + 2 * reach + 1, c : c + 2 * reach + 1]
            total[y, c] += np.maximum((w * seen).sum(axis=(1, 2, 3)) + b, 0).sum()
    offset = -float(np.median(total))
    torch.nn.init.constant_(context.offset, offset)
    small = torch.from_numpy(np.maximum(total + offset, 0))[None, None]
    # The authors upsample by a fixed bilinear deconvolution, which fades out at the border.
    taps = torch.tensor([0.25, 0.75, 0.75, 0.25], dtype=torch.float64)
    theirs = functional.conv_transpose2d(small, torch.outer(taps, taps)[None, None], stride=2, padding=1)
    ours = run(context, x)
    np.testing.assert_allclose(ours[0, 1:-1, 1:-1], theirs[0, 0, 1:-1, 1:-1], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(
        ours[0, [0, 0, -1, -1], [0, -1, 0, -1]],
        small[0, 0, [0, 0, -1, -1], [0, -1, 0, -1]],
        rtol=1e-4,
        atol=1e-4,
    )
