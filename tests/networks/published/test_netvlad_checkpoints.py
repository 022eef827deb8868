"""OpenIBL, pytorch-NetVlad, Patch-NetVLAD and the benchmark's NetVLAD."""

import json
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from placeprint.errors import FormatError, MissingExtraError, PlaceprintError  # noqa: E402
from placeprint.networks.backbones import OPENIBL_PIXELS  # noqa: E402
from placeprint.networks.published import (  # noqa: E402
    read_geolocalization_benchmark,
    read_openibl,
    read_published,
    read_pytorch_netvlad,
)


def under(prefix, tensors):
    return {f"{prefix}{name}": x for name, x in tensors.items()}


@pytest.fixture
def layer(by_hand):
    """A layer with K clusters of D channels under the names of most PyTorch code."""

    def make(channels, clusters=3, bias=False):
        tensors = {
            "conv.weight": by_hand.random(clusters, channels, 1, 1, seed=1, scale=4),
            "centroids": by_hand.random(clusters, channels, seed=2, scale=0.1),
        }
        return tensors | ({"conv.bias": by_hand.random(clusters, seed=3)} if bias else {})

    return make


@pytest.fixture
def vlad_vectors(by_hand):
    """Unit vectors, index k·D + d."""

    def compute(features, layer):
        bias = layer.get("conv.bias", torch.zeros(1))
        residuals = by_hand.vlad(features, layer["conv.weight"].flatten(1), layer["centroids"], bias)
        return by_hand.unit(by_hand.unit(residuals).reshape(len(residuals), -1))

    return compute


@pytest.fixture
def whitened_openibl(vgg16, layer, by_hand):
    pca = {
        "pca_layer.weight": by_hand.random(5, 3 * 512, 1, 1, seed=4),
        "pca_layer.bias": by_hand.random(5, seed=5, scale=0.1),
    }
    return under("base_model.base.", vgg16) | under("net_vlad.", layer(512)) | pca


def test_openibl_of_the_release(
    whitened_openibl, vgg16, layer, vlad_vectors, by_hand, write, images, tmp_path
):
    path = write(tmp_path, whitened_openibl)
    features = by_hand.vgg_forward(vgg16, images)
    plain = vlad_vectors(features, layer(512))
    matrix, bias = (whitened_openibl[f"pca_layer.{part}"].numpy() for part in ("weight", "bias"))
    published = read_published(path)
    by_hand.assert_same(published, by_hand.unit(plain @ matrix[:, :, 0, 0].T + bias), images)
    assert published.weights.preprocessing == OPENIBL_PIXELS
    assert published.size_rule == "exact:640x480"
    assert "not whitened" not in published.notes[0]
    unwhitened = read_published(path, "none")
    by_hand.assert_same(unwhitened, plain, images)
    assert unwhitened.notes[0].startswith("not whitened")


def test_openibl_checkpoints_with_pca_parameters(
    whitened_openibl, layer, vgg16, vlad_vectors, by_hand, write, images, tmp_path, monkeypatch
):
    """Distributed training puts `module.` before every name, and the recall is a NumPy number."""
    tensors = {f"module.{name}": x for name, x in whitened_openibl.items() if not name.startswith("pca")}
    path = write(tmp_path, tensors, "state_dict", epoch=4, generation=3, best_recall5=np.float64(0.9))
    h5py = pytest.importorskip("h5py")
    generator = np.random.default_rng(0)
    axes, _ = np.linalg.qr(generator.normal(size=(3 * 512, 7)))
    values = np.geomspace(1e-2, 1e-5, 7)
    mean = generator.normal(0, 0.01, (3 * 512, 1))
    parameters = tmp_path / "pca_params_model_best.h5"
    with h5py.File(parameters, "w") as file:
        file["U"], file["lams"], file["mu"], file["Utmu"] = axes, values, mean, axes.T @ mean
    published = read_openibl(path, parameters)
    plain = vlad_vectors(by_hand.vgg_forward(vgg16, images), layer(512))
    expected = by_hand.unit((plain - mean.T) @ axes / np.sqrt(values))
    by_hand.assert_same(published, expected, images, rtol=2e-3)
    assert published.architecture.whitening == 7
    with h5py.File(parameters, "w") as file:
        file["U"] = axes
    with pytest.raises(FormatError, match="datasets U, lams and mu"):
        read_openibl(path, parameters)
    with pytest.raises(FormatError, match="does not hold OpenIBL's PCA parameters"):
        read_openibl(path, tmp_path / "lost.h5")
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(MissingExtraError, match=r"placeprint\[hdf5\]"):
        read_openibl(path, parameters)


@pytest.mark.parametrize("bias", [False, True])
def test_pytorch_netvlad_of_data_parallel_training(
    bias, layer, vlad_vectors, by_hand, write, images, tmp_path
):
    chain, own = by_hand.alexnet_chain(), layer(256, bias=bias)
    tensors = under("encoder.module.", chain) | under("pool.module.", own)
    rest = {"epoch": 7, "recalls": {1: np.float64(0.8)}, "best_score": np.float64(0.9), "parallel": True}
    optimizer = {"state": {0: {"momentum_buffer": torch.ones(2)}}, "param_groups": [{"lr": 1e-4}]}
    path = write(tmp_path, tensors, "state_dict", old=True, optimizer=optimizer, **rest)
    images = by_hand.random(2, 3, 96, 131)
    published = read_pytorch_netvlad(path)
    by_hand.assert_same(published, vlad_vectors(by_hand.alexnet_forward(chain, images), own), images)
    assert published.architecture.pooling.options == {"clusters": 3, "bias": bias}
    assert (published.size_rule, published.weights.source) == ("none", "pytorch-NetVlad")


def test_pytorch_netvlad_without_pooling_weights(by_hand, write, tmp_path):
    chain = by_hand.alexnet_chain()
    path = write(tmp_path, under("encoder.", chain), "state_dict")
    with pytest.raises(PlaceprintError, match=r"lacks pool\.conv\.weight.*flags\.json"):
        read_pytorch_netvlad(path)
    images = by_hand.random(1, 3, 96, 131)
    features = by_hand.alexnet_forward(chain, images).numpy()
    for flag, pooled in (("max", features.max(axis=(2, 3))), ("avg", features.mean(axis=(2, 3)))):
        (tmp_path / "flags.json").write_text(json.dumps({"pooling": flag, "arch": "alexnet"}))
        by_hand.assert_same(read_published(path), by_hand.unit(pooled), images)
    (tmp_path / "flags.json").write_text(json.dumps({"pooling": "netvlad"}))
    with pytest.raises(PlaceprintError, match="names no pooling without weights"):
        read_pytorch_netvlad(path)


def test_patch_netvlad_with_its_whitening(layer, vlad_vectors, by_hand, write, tmp_path):
    chain, own = by_hand.alexnet_chain(), layer(256)
    pca = {"WPCA.0.weight": by_hand.random(6, 768, 1, 1), "WPCA.0.bias": by_hand.random(6, scale=0.1)}
    tensors = under("encoder.", chain) | under("pool.", own) | pca
    images = by_hand.random(2, 3, 96, 131)
    published = read_published(write(tmp_path, tensors, "state_dict", num_pcs=6))
    plain = vlad_vectors(by_hand.alexnet_forward(chain, images), own)
    matrix, bias = pca["WPCA.0.weight"][:, :, 0, 0].numpy(), pca["WPCA.0.bias"].numpy()
    by_hand.assert_same(published, by_hand.unit(plain @ matrix.T + bias), images)
    assert (published.size_rule, published.weights.source) == ("exact:640x480", "Patch-NetVLAD")


@pytest.mark.parametrize("linear", [False, True])
def test_the_benchmarks_netvlad(linear, layer, vlad_vectors, by_hand, write, images, tmp_path):
    tensors, own = by_hand.resnet18(2), layer(128)
    named = under("backbone.", by_hand.numbered(tensors))
    expected = vlad_vectors(by_hand.resnet18_forward(tensors, images), own)
    if linear:
        weight, bias = by_hand.random(9, 3 * 128), by_hand.random(9, scale=0.1)
        named |= under("aggregation.0.", own) | {"aggregation.1.weight": weight, "aggregation.1.bias": bias}
        expected = by_hand.unit(expected @ weight.numpy().T + bias.numpy())
    else:
        named |= under("aggregation.", own)
    rest = {"epoch_num": 3, "recalls": np.array([1.0, 2.0]), "best_r5": np.float64(2.0)}
    path = write(tmp_path, under("module.", named), "model_state_dict", **rest)
    by_hand.assert_same(read_geolocalization_benchmark(path), expected, images)
    published = read_published(path)
    assert (published.architecture.backbone.name, published.architecture.backbone.cut) == (
        "resnet18",
        "layer2",
    )


@pytest.mark.parametrize("linear", [False, True])
def test_the_benchmarks_gem(linear, by_hand, write, images, tmp_path):
    tensors = by_hand.resnet18(1)
    features = by_hand.resnet18_forward(tensors, images).numpy()
    pooled = by_hand.gem(features / np.linalg.norm(features, axis=1, keepdims=True), 2.5)
    named = under("backbone.", by_hand.numbered(tensors))
    if linear:
        weight, bias = by_hand.random(9, 64), by_hand.random(9, scale=0.1)
        named |= {"aggregation.0.1.p": torch.tensor([2.5])}
        named |= {"aggregation.1.weight": weight, "aggregation.1.bias": bias}
        pooled = pooled @ weight.numpy().T + bias.numpy()
    else:
        named["aggregation.1.p"] = torch.tensor([2.5])
    published = read_published(write(tmp_path, named))
    by_hand.assert_same(published, by_hand.unit(pooled), images)
    assert bool(published.notes) != linear
