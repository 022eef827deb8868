"""NetVLAD's MATLAB files, in MATLAB's orders."""

import numpy as np
import pytest
from scipy.io import savemat
from scipy.io.matlab import MatlabOpaque

torch = pytest.importorskip("torch")

from placeprint.errors import FormatError, PlaceprintError  # noqa: E402
from placeprint.networks.published import read_matconvnet, read_published  # noqa: E402

COLOR = (123.68, 116.779, 103.939)
KAPPA = 1e-12


def cell(*values):
    made = np.empty((1, len(values)), object)
    made[0, :] = values
    return made


def convolution(weight, bias, name="conv", **window):
    """oihw as MatConvNet's hwio."""
    filters = weight.numpy().transpose(2, 3, 1, 0)
    return {
        "type": "conv",
        "name": name,
        "weights": cell(filters, bias.numpy()[None]),
        "stride": [1, 1],
        "pad": [1, 1, 1, 1],
    } | window


def trunk(chain, swapped=False):
    """Layers of a VGG16 chain, without the ReLU of its last convolution."""
    layers, last = [], max(int(name.split(".")[0]) for name in chain)
    for number in range(last + 1):
        if f"{number}.weight" in chain:
            layers.append(convolution(chain[f"{number}.weight"], chain[f"{number}.bias"], f"c{number}"))
        elif f"{number - 1}.weight" in chain:
            layers.append({"type": "relu", "name": f"r{number}", "leak": 0})
        else:
            pool = {"type": "pool", "name": "p", "method": "max", "pool": [2, 2], "stride": [2, 2], "pad": 0}
            layers.insert(len(layers) - swapped, pool)
    return layers


def normalize(name, channels):
    return {"type": "normalize", "name": name, "param": [2 * channels, KAPPA, 1, 0.5]}


def custom(name, *weights, **fields):
    found = {"weights": cell(*weights)} if weights else {}
    return {"type": "custom", "name": name, "precious": 0} | found | fields


def vlad_layer(w, c, b=None):
    """As MATLAB's layerVLAD keeps it: D × K, the centers with their sign turned."""
    parts = [w.T[None, None], *([] if b is None else [b[None]]), -c.T[None, None]]
    return custom("vlad:core", *parts, K=len(w), D=w.shape[1], vladDim=w.size)


def pca(filters, offsets):
    """(D, dim) filters as the 1 × 1 convolution that addPCA makes."""
    weights = cell(filters[None, None], offsets[None])
    return {"type": "conv", "name": "WPCA", "weights": weights, "stride": 1, "pad": 0}


def save(path, layers, average=None, **meta):
    average = np.reshape(COLOR, (1, 1, 3)) if average is None else average
    net = {"layers": cell(*layers), "meta": {"normalization": {"averageImage": average}} | meta}
    savemat(path, {"net": net, "obj": np.arange(3)})
    return path


def head_numbers(channels, clusters, dim):
    generator = np.random.default_rng(1)
    w = generator.normal(0, 4, (clusters, channels)).astype("f4")
    c = generator.normal(0, 0.1, (clusters, channels)).astype("f4")
    b = generator.normal(0, 1, clusters).astype("f4")
    filters = generator.normal(0, 1, (clusters * channels, dim)).astype("f4")
    return w, c, b, filters, generator.normal(0, 0.1, dim).astype("f4")


def matlab(photos, color=COLOR):
    """The network's input: no scaling, the color taken off."""
    return torch.from_numpy((photos - np.array(color)).transpose(0, 3, 1, 2)).float()


def test_the_whitened_network_of_the_paper(vgg16, by_hand, tmp_path):
    w, c, _, filters, offsets = head_numbers(512, 3, 6)
    layers = [
        *trunk(vgg16),
        normalize("preL2", 512),
        vlad_layer(w, c),
        normalize("vlad:intranorm", 512),
        custom("postL2"),
        pca(filters, offsets),
        custom("finalL2"),
    ]
    # hloc counts on these numbers.
    assert (layers[30]["name"], layers[33]["name"]) == ("vlad:core", "WPCA")
    path = save(tmp_path / "net.mat", layers, sessionID="0fd5", netID="vd16", epoch=7)
    published = read_published(path)
    photos = by_hand.photos(48, 80)
    features = by_hand.vgg_forward(vgg16, matlab(photos))
    residuals = by_hand.unit(by_hand.vlad(features, w, c))
    flat = np.stack([row.ravel(order="F") for row in residuals])  # K × D column by column
    expected = by_hand.unit(by_hand.unit(flat) @ filters.astype(float) + offsets)
    by_hand.assert_same(published, expected, published.weights.preprocessing(photos))
    assert published.size_rule == "none"
    assert published.architecture.backbone.cut == "conv5_3"
    assert "netID vd16, sessionID 0fd5, epoch 7" in published.training
    assert published.notes == ()


@pytest.mark.parametrize("version", [1, 2])
def test_both_versions_without_whitening_and_with_swapped_layers(version, by_hand, tmp_path):
    chain = by_hand.vgg_chain(5)
    w, c, b, _, _ = head_numbers(256, 4, 1)
    bias = b if version == 2 else None
    layers = [*trunk(chain, swapped=True), normalize("preL2", 256), vlad_layer(w, c, bias), custom("postL2")]
    assert [layer["type"] for layer in layers[3:6]] == ["pool", "relu", "conv"]
    average = np.broadcast_to(np.array(COLOR), (7, 5, 3)) + np.linspace(-1, 1, 35).reshape(7, 5, 1)
    published = read_matconvnet(save(tmp_path / "net.mat", layers, average))
    photos = by_hand.photos()
    features = by_hand.vgg_forward(chain, matlab(photos))
    flat = by_hand.vlad(features, w, c, b if version == 2 else 0).reshape(2, -1)
    by_hand.assert_same(published, by_hand.unit(flat), published.weights.preprocessing(photos))
    options = published.architecture.pooling.options
    assert options == {"clusters": 4, "bias": version == 2, "unit_input": True, "intra": False}
    assert published.architecture.backbone.cut == "conv3_1"
    assert "k·D + d" in published.notes[0]


def test_positions_that_are_not_normalized(by_hand, tmp_path):
    """Without preL2, position by position."""
    chain = by_hand.vgg_chain(1)
    w, c, *_ = head_numbers(64, 3, 1)
    layers = [*trunk(chain), vlad_layer(w / 50, c), normalize("vlad:intranorm", 64), custom("postL2")]
    published = read_matconvnet(save(tmp_path / "net.mat", layers))
    photos = by_hand.photos(4, 5, 1)
    x = by_hand.vgg_forward(chain, matlab(photos)).numpy().reshape(64, -1).T.astype(float)
    soft = np.exp(x @ w.T / 50)
    soft /= soft.sum(axis=1, keepdims=True)
    residuals = [(soft[:, k, None] * (x - c[k])).sum(axis=0) for k in range(3)]
    expected = by_hand.unit(by_hand.unit(np.array(residuals)).reshape(1, -1))
    by_hand.assert_same(published, expected, published.weights.preprocessing(photos), rtol=1e-3)
    assert published.architecture.pooling.options["unit_input"] is False


def test_pooled_networks_of_old_files(by_hand, tmp_path):
    """Before beta17: filters and biases, no meta."""
    chain = by_hand.vgg_chain(2)
    *_, filters, offsets = head_numbers(64, 1, 5)
    photos = by_hand.photos()
    for kind, pooled in (("max", np.max), ("avg", np.mean)):
        layers = [*trunk(chain), custom(f"{kind}:core"), custom("postL2")]
        for layer in layers:
            if layer["type"] == "conv":
                layer["filters"], layer["biases"] = layer.pop("weights")[0]
        net = {"layers": cell(*layers, pca(filters, offsets), custom("finalL2"))}
        net["normalization"] = {"averageImage": np.reshape(COLOR, (1, 1, 3))}
        savemat(tmp_path / "old.mat", {"net": net})
        published = read_matconvnet(tmp_path / "old.mat")
        pooled = pooled(by_hand.vgg_forward(chain, matlab(photos)).numpy().astype(float), axis=(2, 3))
        expected = by_hand.unit(by_hand.unit(pooled) @ filters + offsets)
        by_hand.assert_same(published, expected, published.weights.preprocessing(photos))


def changed(layers, number, **fields):
    return [layer | fields if i == number else layer for i, layer in enumerate(layers)]


def test_average_pooling_within_is_refused(by_hand, tmp_path):
    layers = trunk(by_hand.vgg_chain(3))
    assert layers[4]["type"] == "pool"
    layers = [*changed(layers, 4, method="avg"), custom("max:core"), custom("postL2")]
    with pytest.raises(PlaceprintError, match="layer p has method avg, not max"):
        read_matconvnet(save(tmp_path / "net.mat", layers))


def test_other_networks_are_told_from_it(by_hand, tmp_path):
    chain = by_hand.vgg_chain(2)
    w, c, *_ = head_numbers(64, 2, 1)
    good = [*trunk(chain), normalize("preL2", 64), vlad_layer(w, c), custom("postL2")]
    read_matconvnet(save(tmp_path / "net.mat", good))
    alexnet = [good[0], good[1], {"type": "pool"}, normalize("norm1", 2), good[2]]
    wrong = {
        "its layers are conv relu pool normalize pca": alexnet,
        "after the convolutions it has nothing": good[:3],
        "after the convolutions it has normalize vlad": good[:-1],
        "after the convolutions it has softmax": [*good[:3], {"type": "softmax", "name": ""}],
        "it has normalize max l2": [*good[:4], custom("max:core"), custom("postL2")],
        r"it has normalize mystery\? l2": [*good[:4], custom("mystery"), custom("postL2")],
        "layer preL2 does not divide by the length": changed(good, 3, param=[5, KAPPA, 1, 0.5]),
        "preL2 does not divide": changed(good, 3, param=[128, 2, 1, 0.5]),
        "layer preL2 does not": changed(good, 3, param=[128, KAPPA, 1e-4, 0.75]),
        r"layer c0 has stride \[2.0, 2.0\], not 1": changed(good, 0, stride=[2, 2]),
        r"layer r1 has leak \[0.1\], not 0": changed(good, 1, leak=0.1),
        "VLAD layer has 4 weights": changed(good, 4, weights=cell(w, w, w, c)),
        "layer vlad:core has weights that are not cells": changed(good, 4, weights=np.zeros(3)),
    }
    for message, layers in wrong.items():
        with pytest.raises(PlaceprintError, match=message) as caught:
            read_matconvnet(save(tmp_path / "net.mat", layers))
        assert "Supported: VGG-16" in str(caught.value)
    narrow = changed(good, 0, weights=cell(np.zeros((3, 3, 3, 9), "f4"), np.zeros((1, 9), "f4")))
    with pytest.raises(PlaceprintError, match=r"wrong shapes: backbone\.features\.0\.weight"):
        read_matconvnet(save(tmp_path / "net.mat", narrow))


def test_other_files_say_what_to_do(by_hand, tmp_path, monkeypatch):
    path = tmp_path / "net.mat"
    savemat(path, {"dbStruct": 1})
    with pytest.raises(FormatError, match="no variable `net`"):
        read_published(path)
    savemat(path, {"net": {"layers": cell({"type": "relu"})}})
    with pytest.raises(FormatError, match="does not hold a MatConvNet network"):
        read_matconvnet(path)
    path.write_bytes(path.read_bytes()[:150])
    with pytest.raises(FormatError, match="not a MATLAB file"):
        read_matconvnet(path)
    path.write_bytes(b"MATLAB 7.3 MAT-file".ljust(124) + b"\0\2IM" + bytes(400))
    with pytest.raises(PlaceprintError, match=r"version 7\.3.*'-v7'\)"):
        read_published(path)
    with pytest.raises(PlaceprintError, match="Leave the whitening out"):
        read_published(path, "none")
    chain = by_hand.vgg_chain(1)
    save(path, [*trunk(chain), custom("postL2")])
    from scipy.io import loadmat

    variables = loadmat(path, struct_as_record=False)
    fields = [(name, object) for name in ("s0", "s1", "s2", "arr")]
    layers = variables["net"].item().layers
    layers[0, 1] = MatlabOpaque(np.array([(b"", b"MCOS", b"layerVLAD", None)], fields))
    monkeypatch.setattr("scipy.io.loadmat", lambda *args, **options: variables)
    with pytest.raises(PlaceprintError, match=r"layer 2 is a MATLAB class.*struct\(net\.layers\{i\}\)"):
        read_matconvnet(path)
