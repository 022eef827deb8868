"""Weights of published forms at reduced size, and their forward passes written out by hand."""

from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch.nn import functional as F  # noqa: E402, N812

VGG = [64, 64, "pool", 128, 128, "pool", 256, 256, 256, "pool", 512, 512, 512, "pool", 512, 512, 512]
ALEXNET = {0: (64, 3, 11), 3: (192, 64, 5), 6: (384, 192, 3), 8: (256, 384, 3), 10: (256, 256, 3)}
NUMBERS = {"conv1": "0", "bn1": "1", "layer1": "4", "layer2": "5", "layer3": "6", "layer4": "7"}


@pytest.fixture(autouse=True, scope="module")
def small_tensors(one_thread):
    """For all tests of this folder."""


def random(*shape, seed=0, scale=1.0):
    return scale * torch.randn(shape, generator=torch.Generator().manual_seed(seed + 7 * len(shape)))


def convolution(out, into, side, seed):
    return random(out, into, side, side, seed=seed, scale=(2 / (into * side**2)) ** 0.5), random(
        out, seed=seed, scale=0.1
    )


def vgg_chain(convolutions=13):
    """`{"0.weight": ...}` of torchvision's VGG16 up to that convolution."""
    tensors, number, into = {}, 0, 3
    for width in VGG:
        if width == "pool":
            number += 1
            continue
        if convolutions == 0:
            break
        tensors[f"{number}.weight"], tensors[f"{number}.bias"] = convolution(width, into, 3, number)
        number, into, convolutions = number + 2, width, convolutions - 1
    return tensors


def vgg_forward(tensors, x, last_relu=False):
    last = max(int(name.split(".")[0]) for name in tensors)
    number = 0
    for width in VGG:
        if width == "pool":
            x = F.max_pool2d(x, 2)
            number += 1
            continue
        x = F.conv2d(x, tensors[f"{number}.weight"], tensors[f"{number}.bias"], padding=1)
        if number == last:
            return F.relu(x) if last_relu else x
        x, number = F.relu(x), number + 2
    raise AssertionError


def alexnet_chain():
    tensors = {}
    for number, shape in ALEXNET.items():
        tensors[f"{number}.weight"], tensors[f"{number}.bias"] = convolution(*shape, number)
    return tensors


def alexnet_forward(tensors, x, last_relu=False):
    def convolve(x, n, **window):
        return F.conv2d(x, tensors[f"{n}.weight"], tensors[f"{n}.bias"], **window)

    x = F.max_pool2d(F.relu(convolve(x, 0, stride=4, padding=2)), 3, 2)
    x = F.max_pool2d(F.relu(convolve(x, 3, padding=2)), 3, 2)
    x = F.relu(convolve(x, 6, padding=1))
    x = F.relu(convolve(x, 8, padding=1))
    x = convolve(x, 10, padding=1)
    return F.relu(x) if last_relu else x


def resnet18(layers=2):
    """torchvision's names of a ResNet-18 up to that layer."""
    tensors = {}

    def norm(name, width):
        seed = len(tensors)
        tensors[f"{name}.weight"] = 1 + 0.2 * random(width, seed=seed).abs()
        tensors[f"{name}.bias"] = random(width, seed=seed + 1, scale=0.2)
        tensors[f"{name}.running_mean"] = random(width, seed=seed + 2, scale=0.2)
        tensors[f"{name}.running_var"] = 1 + 0.2 * random(width, seed=seed + 3).abs()
        tensors[f"{name}.num_batches_tracked"] = torch.tensor(5)

    tensors["conv1.weight"], _ = convolution(64, 3, 7, 1)
    norm("bn1", 64)
    into = 64
    for layer in range(1, layers + 1):
        width = 32 << layer
        for block in range(2):
            at = f"layer{layer}.{block}"
            tensors[f"{at}.conv1.weight"], _ = convolution(width, into, 3, len(tensors))
            norm(f"{at}.bn1", width)
            tensors[f"{at}.conv2.weight"], _ = convolution(width, width, 3, len(tensors))
            norm(f"{at}.bn2", width)
            if into != width:
                tensors[f"{at}.downsample.0.weight"], _ = convolution(width, into, 1, len(tensors))
                norm(f"{at}.downsample.1", width)
            into = width
    return tensors


def numbered(tensors):
    """torchvision's names as those of nn.Sequential(*children)."""
    return {f"{NUMBERS[name.split('.')[0]]}.{name.split('.', 1)[1]}": x for name, x in tensors.items()}


def resnet18_forward(tensors, x):
    def norm(x, name):
        mean, variance, weight, bias = (
            tensors[f"{name}.{part}"][:, None, None]
            for part in ("running_mean", "running_var", "weight", "bias")
        )
        return (x - mean) / torch.sqrt(variance + 1e-5) * weight + bias

    x = F.relu(norm(F.conv2d(x, tensors["conv1.weight"], stride=2, padding=3), "bn1"))
    x = F.max_pool2d(x, 3, 2, padding=1)
    for at in dict.fromkeys(name.rsplit(".conv1", 1)[0] for name in tensors if ".conv1." in name):
        stride = 2 if f"{at}.downsample.0.weight" in tensors else 1
        y = F.conv2d(x, tensors[f"{at}.conv1.weight"], stride=stride, padding=1)
        y = F.conv2d(F.relu(norm(y, f"{at}.bn1")), tensors[f"{at}.conv2.weight"], padding=1)
        if stride == 2:
            shortcut = F.conv2d(x, tensors[f"{at}.downsample.0.weight"], stride=2)
            x = norm(shortcut, f"{at}.downsample.1")
        x = F.relu(norm(y, f"{at}.bn2") + x)
    return x


def unit(x):
    return np.asarray(x) / np.linalg.norm(x, axis=-1, keepdims=True)


def vlad(features, assignment, centers, bias=0.0):
    """(n, K, D) in NumPy, cluster by cluster, of features (n, D, rows, columns); not normalized."""
    rows = []
    for image in np.asarray(features, np.float64):
        x = image.reshape(len(image), -1).T
        x = x / np.linalg.norm(x, axis=1, keepdims=True)
        scores = np.exp(x @ np.asarray(assignment, np.float64).T + np.asarray(bias, np.float64))
        soft = scores / scores.sum(axis=1, keepdims=True)
        rows.append([soft[:, k] @ (x - np.asarray(c)) for k, c in enumerate(centers)])
    return np.array(rows)


def gem(features, p):
    x = np.clip(np.asarray(features, np.float64), 1e-6, None)
    return (x ** float(p)).mean(axis=(2, 3)) ** (1 / float(p))


def photos(height=48, width=64, count=2):
    return np.random.default_rng(3).integers(0, 256, (count, height, width, 3), np.uint8)


def assert_same(published, expected, images, rtol=2e-4):
    with torch.no_grad():
        vectors = published.network(images).numpy()
    assert vectors.shape == expected.shape == (len(images), published.network.out_dim)
    np.testing.assert_allclose(vectors, expected, rtol=rtol, atol=rtol / np.sqrt(expected.shape[1]))
    assert not published.network.training
    assert published.network.backbone.weights == published.weights
    own = {name: x.shape for name, x in published.network.state_dict().items()}
    if published.architecture.backbone.source is None:
        rebuilt = published.architecture.model_validate_json(published.architecture.model_dump_json()).build()
        assert {name: x.shape for name, x in rebuilt.state_dict().items()} == own


@pytest.fixture(scope="session")
def by_hand():
    return SimpleNamespace(
        random=random,
        vgg_chain=vgg_chain,
        vgg_forward=vgg_forward,
        alexnet_chain=alexnet_chain,
        alexnet_forward=alexnet_forward,
        resnet18=resnet18,
        numbered=numbered,
        resnet18_forward=resnet18_forward,
        unit=unit,
        vlad=vlad,
        gem=gem,
        photos=photos,
        assert_same=assert_same,
    )


@pytest.fixture(scope="session")
def vgg16():
    return vgg_chain()


@pytest.fixture(scope="session")
def write():
    """Write a checkpoint: `write(folder, tensors, wrapper="state_dict", **rest)` gives its path."""

    def save(folder, tensors, wrapper=None, name="net.pth", old=False, **rest):
        path = folder / name
        content = tensors if wrapper is None else {wrapper: tensors} | rest
        torch.save(content, path, _use_new_zipfile_serialization=not old)
        return path

    return save


@pytest.fixture
def images(by_hand):
    return by_hand.random(2, 3, 48, 64, seed=5)
