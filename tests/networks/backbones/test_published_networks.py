"""The published networks, written out again with torch.nn.functional from the names of their files."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch.nn import functional as F  # noqa: E402, N812

from placeprint.networks.backbones import VGG16, AlexNet, FullyConnected, ResNet  # noqa: E402

VGG_CONVOLUTIONS = {1: (0, 2), 2: (5, 7), 3: (10, 12, 14), 4: (17, 19, 21), 5: (24, 26, 28)}


def shaken(network):
    """Every parameter and statistic away from the start that hides it."""
    torch.manual_seed(1)
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            if tensor.ndim == 1:
                noise = 0.2 * torch.randn_like(tensor)
                tensor.copy_(1 + noise.abs() if name.endswith(("weight", "running_var")) else noise)
    return network.eval()


def vgg_by_hand(state, x, last_group=5):
    def convolve(x, n):
        return F.conv2d(x, state[f"features.{n}.weight"], state[f"features.{n}.bias"], padding=1)

    for group in range(1, last_group):
        for n in VGG_CONVOLUTIONS[group]:
            x = F.relu(convolve(x, n))
        x = F.max_pool2d(x, 2)
    *inner, last = VGG_CONVOLUTIONS[last_group]
    for n in inner:
        x = F.relu(convolve(x, n))
    return convolve(x, last)


def test_vgg16_ends_before_the_relu_of_conv5_3():
    network = shaken(VGG16())
    assert list(network.state_dict())[-2:] == ["features.28.weight", "features.28.bias"]
    x = torch.randn(1, 3, 33, 51)
    with torch.no_grad():
        features, expected = network(x), vgg_by_hand(network.state_dict(), x)
    torch.testing.assert_close(features, expected)
    assert (features < 0).any()
    assert network.map_size(480, 640) == (30, 40)


def test_vgg16_layers_are_named_as_in_the_paper():
    network = shaken(VGG16("pool5"))
    x = torch.randn(1, 3, 32, 37)
    state = network.state_dict()
    with torch.no_grad():
        conv3, conv5, relu5, pool5 = network.maps(x, ["conv3_3", "conv5_3", "relu5_3", "pool5"])
        torch.testing.assert_close(conv3, vgg_by_hand(state, x, 3))
        torch.testing.assert_close(conv5, vgg_by_hand(state, x))
        assert torch.equal(relu5, F.relu(conv5))
        assert torch.equal(pool5, F.max_pool2d(relu5, 2))
    names = [name for name in network.layers if name.startswith("conv")]
    numbers = [n for group in VGG_CONVOLUTIONS.values() for n in group]
    assert {f"features.{list(network.layers).index(name)}.weight" for name in names} == {
        f"features.{n}.weight" for n in numbers
    }


def alexnet_by_hand(state, x):
    def convolve(x, n, **window):
        return F.conv2d(x, state[f"features.{n}.weight"], state[f"features.{n}.bias"], **window)

    x = F.max_pool2d(F.relu(convolve(x, 0, stride=4, padding=2)), 3, 2)
    x = F.max_pool2d(F.relu(convolve(x, 3, padding=2)), 3, 2)
    x = F.relu(convolve(x, 6, padding=1))
    x = F.relu(convolve(x, 8, padding=1))
    return convolve(x, 10, padding=1)


def test_alexnet_ends_before_the_relu_of_conv5():
    network = shaken(AlexNet())
    x = torch.randn(2, 3, 131, 90)
    with torch.no_grad():
        features, expected = network(x), alexnet_by_hand(network.state_dict(), x)
    torch.testing.assert_close(features, expected)
    assert (features < 0).any()
    assert network.map_size(224, 227) == (13, 13)


def resnet_by_hand(state, x, depths, layers, bottleneck):
    def convolve(x, name, **window):
        return F.conv2d(x, state[f"{name}.weight"], **window)

    def norm(x, name):
        mean, variance, weight, bias = (
            state[f"{name}.{part}"][:, None, None]
            for part in ("running_mean", "running_var", "weight", "bias")
        )
        return (x - mean) / torch.sqrt(variance + 1e-5) * weight + bias

    x = F.relu(norm(convolve(x, "conv1", stride=2, padding=3), "bn1"))
    x = F.max_pool2d(x, 3, 2, padding=1)
    for layer in range(1, layers + 1):
        for block in range(depths[layer - 1]):
            at = f"layer{layer}.{block}"
            stride = 2 if layer > 1 and block == 0 else 1
            if bottleneck:
                y = F.relu(norm(convolve(x, f"{at}.conv1"), f"{at}.bn1"))
                y = F.relu(norm(convolve(y, f"{at}.conv2", stride=stride, padding=1), f"{at}.bn2"))
                y = norm(convolve(y, f"{at}.conv3"), f"{at}.bn3")
            else:
                y = F.relu(norm(convolve(x, f"{at}.conv1", stride=stride, padding=1), f"{at}.bn1"))
                y = norm(convolve(y, f"{at}.conv2", padding=1), f"{at}.bn2")
            if f"{at}.downsample.0.weight" in state:
                x = norm(convolve(x, f"{at}.downsample.0", stride=stride), f"{at}.downsample.1")
            x = F.relu(x + y)
    return x


@pytest.mark.parametrize(
    ("depth", "depths", "cut", "channels"),
    [
        (18, (2, 2, 2, 2), "layer4", 512),
        (34, (3, 4, 6, 3), "layer1", 64),
        (50, (3, 4, 6, 3), "layer2", 512),
    ],
)
def test_resnet_by_hand(depth, depths, cut, channels):
    network = shaken(ResNet(depth, cut)).double()
    x = torch.randn(1, 3, 45, 38, dtype=torch.float64)
    with torch.no_grad():
        expected = resnet_by_hand(network.state_dict(), x, depths, int(cut[-1]), depth >= 50)
        torch.testing.assert_close(network(x), expected)
    assert network.channels == channels == expected.shape[1]
    assert network.stride == 4 * 2 ** (int(cut[-1]) - 1)


def test_resnet_names_are_the_published_ones():
    with torch.device("meta"):
        basic, bottleneck = ResNet(18).state_dict(), ResNet(50).state_dict()
    norm = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
    stem = ["conv1.weight", *(f"bn1.{part}" for part in norm)]
    assert list(basic)[:6] == list(bottleneck)[:6] == stem
    block = [f"layer2.0.{part}" for part in ("conv1.weight", *(f"bn1.{n}" for n in norm), "conv2.weight")]
    block += [f"layer2.0.bn2.{part}" for part in norm]
    block += ["layer2.0.downsample.0.weight", *(f"layer2.0.downsample.1.{part}" for part in norm)]
    assert [name for name in basic if name.startswith("layer2.0.")] == block
    shapes = {name: tuple(tensor.shape) for name, tensor in bottleneck.items()}
    assert shapes["layer1.0.downsample.0.weight"] == (256, 64, 1, 1)
    assert shapes["layer3.0.conv2.weight"] == (256, 256, 3, 3)
    assert shapes["layer4.2.conv3.weight"] == (2048, 512, 1, 1)
    assert "layer1.0.downsample.0.weight" not in basic
    assert "layer1.1.downsample.0.weight" not in bottleneck


@pytest.mark.parametrize(
    ("depth", "width", "published"),
    [
        (18, 512, 11_689_512),
        (34, 512, 21_797_672),
        (50, 2048, 25_557_032),
        (101, 2048, 44_549_160),
        (152, 2048, 60_192_808),
    ],
)
def test_resnet_has_as_many_parameters_as_published(depth, width, published):
    with torch.device("meta"):
        count = sum(p.numel() for p in ResNet(depth).parameters())
    assert count + 1000 * width + 1000 == published


@pytest.mark.parametrize(("network", "published"), [(VGG16, 138_357_544), (AlexNet, 61_100_840)])
def test_whole_networks_have_as_many_parameters_as_published(network, published):
    with torch.device("meta"):
        whole = FullyConnected(network, "fc8")
    assert sum(p.numel() for p in whole.parameters()) == published


@pytest.mark.parametrize(("layer", "depth"), [("fc6", 1), ("fc7", 2), ("fc8", 3)])
def test_alexnet_codes_by_hand(layer, depth):
    network = FullyConnected(AlexNet, layer)
    torch.manual_seed(0)
    x = torch.randn(2, 3, 224, 224)
    state = network.state_dict()
    with torch.no_grad():
        y = F.max_pool2d(F.relu(alexnet_by_hand(state, x)), 3, 2)
        assert y.shape[1:] == (256, 6, 6)
        y = y.flatten(1)
        for n in (1, 4, 6)[:depth]:
            y = F.linear(y, state[f"classifier.{n}.weight"], state[f"classifier.{n}.bias"])
            y = y if n == 6 else F.relu(y)
        codes = network(x)
        larger = network(torch.randn(1, 3, 227, 300))
    torch.testing.assert_close(codes, y / torch.linalg.vector_norm(y, dim=1, keepdim=True))
    assert codes.shape == (2, network.dim)
    assert larger.shape == (1, network.dim)
    np.testing.assert_allclose(np.linalg.norm(codes, axis=1), 1, rtol=1e-5)


def test_vgg_codes_have_the_published_names():
    with torch.device("meta"):
        state = FullyConnected(VGG16, "fc7").state_dict()
    shapes = {name: tuple(x.shape) for name, x in state.items() if name.startswith("classifier")}
    assert shapes == {
        "classifier.0.weight": (4096, 25088),
        "classifier.0.bias": (4096,),
        "classifier.3.weight": (4096, 4096),
        "classifier.3.bias": (4096,),
    }


@pytest.mark.parametrize("make", [lambda: VGG16("conv6_1"), lambda: ResNet(50, "layer5"), lambda: ResNet(20)])
def test_unknown_cuts_and_depths(make):
    with pytest.raises(ValueError, match="conv1"):
        make()
