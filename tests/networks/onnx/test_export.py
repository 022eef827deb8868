"""Graphs of torch networks: any size where the layers allow it, the vectors of torch everywhere."""

import json
import os

import numpy as np
import onnx
import onnxruntime
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnxscript")

from placeprint.arrays import unit_rows  # noqa: E402
from placeprint.descriptors.lite0.graph import descriptor_graph  # noqa: E402
from placeprint.descriptors.lite0.state_dict_file import read_state_dict  # noqa: E402
from placeprint.encoders import netvlad as reference  # noqa: E402
from placeprint.errors import MissingExtraError, PlaceprintError  # noqa: E402
from placeprint.networks import pooling  # noqa: E402
from placeprint.networks.backbones import (  # noqa: E402
    LITE0_PIXELS,
    MATCONVNET_PIXELS,
    EfficientNetLite0,
    Hypercolumn,
    Preprocessing,
)
from placeprint.networks.lite0_blocks import published_weights  # noqa: E402
from placeprint.networks.onnx import export as onnx_export  # noqa: E402
from placeprint.networks.onnx.check import DifferentVectorsError, compare, noise  # noqa: E402
from placeprint.networks.onnx.export import PhotosToVectors, export_onnx  # noqa: E402
from placeprint.networks.onnx.forms import AdaptiveAverages, TracedSALAD, onnx_form  # noqa: E402
from placeprint.networks.onnx.label import GraphLabel  # noqa: E402
from placeprint.networks.onnx.precision import float16_weights, quantized  # noqa: E402
from placeprint.networks.place_network import PlaceNetwork, WhiteningLayer  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")

BGR = Preprocessing(1, (104.0, 117.0, 123.0), (60.0, 55.0, 50.0), "BGR")


class Together(pooling.Pooling):
    """Several poolings of one map, one after another: one export is slow, the number of layers is not."""

    def __init__(self, *parts):
        super().__init__()
        self.parts = torch.nn.ModuleList(parts)
        self.out_dim = sum(part.out_dim for part in parts)

    def forward(self, features):
        return torch.cat([part(features) for part in self.parts], dim=1)


class Toy(torch.nn.Module):
    """Means of the channels, bent by a function of the size."""

    def __init__(self, bend):
        super().__init__()
        self.bend = bend

    def forward(self, images):
        means = images.mean(dim=(2, 3))
        return means + self.bend(images) * means.flip(1)


def _run(path, photos):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(path, options).run(None, {"photos": photos})[0]


def _truth(network, pixels, photos):
    with torch.inference_mode():
        return PhotosToVectors(network, pixels)(torch.from_numpy(photos)).numpy()


def _check_every_part(backbone, parts, tmp_path):
    """One graph; each part's numbers are those of torch in sizes on which nothing was traced or compared."""
    whole = Together(*parts)
    upside_down = np.eye(whole.out_dim)[::-1].copy()
    whitening = WhiteningLayer.from_arrays(np.full(whole.out_dim, 0.01), upside_down)
    network = PlaceNetwork(backbone, whole, whitening).eval()
    path = tmp_path / "deep" / "model.onnx"
    made = export_onnx(network, path, BGR, (48, 32))
    assert (made.path, made.size, made.why_fixed) == (path, None, "")
    assert [n for n, _, _ in made.comparison.shapes] == [1, 3, 1]
    assert made.comparison.difference < 1e-5
    onnx.checker.check_model(onnx.load(path), full_check=True)
    axes = onnx.load(path).graph.input[0].type.tensor_type.shape.dim
    assert [axis.dim_param or axis.dim_value for axis in axes] == ["n", "height", "width", 3]
    for batch in noise([(1, 20, 12), (3, 32, 48), (2, 47, 35), (2, 5, 100), (2, 4, 4)], seed=5):
        given, wanted = _run(path, batch), _truth(network, BGR, batch)
        np.testing.assert_allclose(np.linalg.norm(given, axis=1), 1, atol=1e-5)
        start = whole.out_dim
        for part in parts:
            rows = slice(start - part.out_dim, start)
            start -= part.out_dim
            np.testing.assert_allclose(given[:, rows], wanted[:, rows], atol=1e-5, err_msg=str(part))


def test_one_graph_has_the_vectors_of_torch_for_any_batch_and_size(tmp_path):
    torch.manual_seed(0)
    parts = [
        pooling.SPoC(32), pooling.CroW(32), pooling.GeM(32, 2.7), pooling.NetVLAD(32, 5, bias=True),
        pooling.ConvAP(32, 4, (2, 3)), pooling.SALAD(32, 5, cluster_dim=4, token_dim=4),
    ]  # fmt: skip
    _check_every_part(EfficientNetLite0("stem"), parts, tmp_path)


@pytest.mark.skipif("PLACEPRINT_SLOW" not in os.environ, reason="takes half a minute: set PLACEPRINT_SLOW")
def test_the_other_layers_too(tmp_path):
    torch.manual_seed(0)
    backbone = Hypercolumn(EfficientNetLite0("block2"), ["block1", "block2"])
    d = backbone.channels
    parts = [
        pooling.Average(d), pooling.MAC(d), pooling.CosPlace(d, 8), pooling.CRN(d, 5),
        pooling.BoQ(d, 64, queries=4, out_rows=2),
    ]  # fmt: skip
    _check_every_part(backbone, parts, tmp_path)


def test_layers_of_one_size_make_a_graph_of_that_size_which_says_why(tmp_path):
    torch.manual_seed(0)
    backbone = EfficientNetLite0("stem")
    both = Together(pooling.RMAC(32, 2), pooling.MixVPR(32, (8, 12), out_channels=4, out_rows=2, depth=1))
    network = PlaceNetwork(backbone, both).eval()
    made = export_onnx(
        network, tmp_path / "m.onnx", LITE0_PIXELS, (24, 16), label=GraphLabel(size_rule="area:9")
    )
    assert made.size == (24, 16)
    assert "R-MAC has other regions for each size" in made.why_fixed
    assert made.comparison.shapes == ((1, 16, 24), (3, 16, 24))
    (batch,) = noise([(5, 16, 24)], seed=3)
    np.testing.assert_allclose(_run(made.path, batch), _truth(network, LITE0_PIXELS, batch), atol=1e-5)
    with pytest.raises(Exception, match="INVALID_ARGUMENT"):
        _run(made.path, noise([(1, 24, 16)])[0])
    told = {entry.key: entry.value for entry in onnx.load(made.path).metadata_props}
    assert told["size"] == json.loads(told["placeprint"])["size"] == "exact:24x16"


def test_a_graph_that_would_be_wrong_for_other_sizes_takes_one(tmp_path):
    """ONNX divides towards zero where Python rounds down: nothing but a comparison shows it."""
    network = Toy(lambda images: 0.1 * (-(-images.shape[2] // 7)))
    made = export_onnx(network, tmp_path / "m.onnx", LITE0_PIXELS, (40, 30))
    assert made.size == (40, 30)
    assert "differ" in made.why_fixed


def test_the_label_is_in_the_file_for_people_and_for_the_adapter(tmp_path):
    label = GraphLabel("town", "area:320", 8, "streets", "CC0", "0123456789abcdef")
    path = tmp_path / "m.onnx"
    export_onnx(Toy(lambda images: 0.5), path, MATCONVNET_PIXELS, (32, 24), label=label)
    told = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    said = [told[key] for key in ("name", "size", "divisor", "training", "license", "dim")]
    assert said == ["town", "area:320", "8", "streets", "CC0", "3"]
    assert told["fingerprint"] == "0123456789abcdef"
    assert "123.68" in told["pixels"]
    assert "RGB" in told["pixels"]
    card = json.loads(told["placeprint"])
    assert (card["layout"], card["dtype"], card["size"]) == ("nhwc", "uint8", "area:320")
    assert [p.name for p in tmp_path.iterdir()] == ["m.onnx"]


def test_a_network_without_a_graph_is_an_error_and_no_file(tmp_path):
    network = Toy(lambda images: 1.0 if images.sum() > 0 else 2.0)
    with pytest.raises(PlaceprintError, match=r"cannot be exported to ONNX.*cannot be exported"):
        export_onnx(network, tmp_path / "m.onnx", LITE0_PIXELS, (32, 24))
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """A network and its graph."""
    network = Toy(lambda images: 0.5)
    path = tmp_path_factory.mktemp("toy") / "m.onnx"
    export_onnx(network, path, LITE0_PIXELS, (32, 24))
    return network, onnx.load(path)


def test_a_network_that_takes_no_such_photos_says_so(toy):
    picky = PhotosToVectors(torch.nn.Linear(1, 1), LITE0_PIXELS)
    with pytest.raises(PlaceprintError, match="cannot describe photos of 32x24"):
        compare(toy[1].SerializeToString(), picky, noise([(1, 24, 32)]))


def test_vectors_that_differ_are_never_written(tmp_path, monkeypatch, toy):
    other = Toy(lambda images: 0.5 + 3e-4)
    monkeypatch.setattr(onnx_export, "_graph", lambda *_: toy[1])
    with pytest.raises(PlaceprintError, match=r"its vectors differ from torch's by 0\.000"):
        export_onnx(other, tmp_path / "m.onnx", LITE0_PIXELS, (32, 24))
    assert not list(tmp_path.iterdir())
    with pytest.raises(DifferentVectorsError, match="cannot load"):
        compare(b"no graph", other, noise([(1, 24, 32)]))


def test_half_precision_halves_the_file_and_keeps_the_vectors(tmp_path, monkeypatch, trunk):
    network, model = trunk
    monkeypatch.setattr(onnx_export, "_graph", lambda *_: onnx.ModelProto.FromString(model))
    made = export_onnx(network, tmp_path / "m.onnx", LITE0_PIXELS, (96, 64), precision="float16")
    assert (tmp_path / "m.onnx").stat().st_size < 0.6 * len(model)
    assert 1e-6 < made.comparison.difference < 1e-2
    assert made.comparison.cosine > 0.9999
    (batch,) = noise([(2, 64, 96)], seed=4)
    assert _run(tmp_path / "m.onnx", batch).dtype == np.float32
    large = onnx.ModelProto.FromString(model)
    weights = next(w for w in large.graph.initializer if np.prod(w.dims) > 2000)
    weights.CopyFrom(onnx.numpy_helper.from_array(1e6 + onnx.numpy_helper.to_array(weights), weights.name))
    kept = {w.name: w for w in float16_weights(large).graph.initializer}
    assert kept[weights.name].data_type == onnx.TensorProto.FLOAT


def test_eight_bits_learn_from_photos_and_stay_near(tmp_path, monkeypatch, trunk, caplog):
    network, model = trunk
    monkeypatch.setattr(onnx_export, "_graph", lambda *_: onnx.ModelProto.FromString(model))
    photos = [_smooth(seed) for seed in range(6)]
    path = tmp_path / "m.onnx"
    made = export_onnx(network, path, LITE0_PIXELS, (96, 64), precision="int8", calibration=photos)
    nodes = onnx.load(path).graph.node
    assert sum(node.op_type == "QuantizeLinear" for node in nodes) > 10
    assert len(made.comparison.shapes) == 6
    assert 0.97 < made.comparison.cosine < 0.99999
    unseen = _smooth(99)
    assert np.sum(_run(path, unseen) * _truth(network, LITE0_PIXELS, unseen)) > 0.97
    told = {entry.key for entry in onnx.load(path).metadata_props}
    assert {"placeprint", "fingerprint"} <= told
    assert not caplog.records
    monkeypatch.setitem(onnx_export.LEAST_COSINE, "int8", 1.1)
    before = path.read_bytes()
    with pytest.raises(PlaceprintError, match=r"too far from float32's: cosine [01]\.\d{4}"):
        export_onnx(network, path, LITE0_PIXELS, (96, 64), precision="int8", calibration=photos)
    assert path.read_bytes() == before


def test_eight_bits_are_for_convolutions(toy):
    with pytest.raises(PlaceprintError, match="convolutional networks"):
        quantized(toy[1], noise([(1, 24, 32)]))


@pytest.fixture(scope="module")
def trunk():
    """EfficientNet-Lite0 with its published weights and NetVLAD in torch, and its graph, made by hand."""
    backbone = EfficientNetLite0.published("block5")
    centers = unit_rows(np.random.default_rng(0).normal(size=(8, backbone.channels)).astype(np.float32))
    head = reference.NetVLADEncoder(np.float32(20) * centers, centers)
    model = descriptor_graph(read_state_dict(published_weights()), 5, head)
    return PlaceNetwork(backbone, pooling.NetVLAD.from_arrays(head)).eval(), model


def _smooth(seed):
    """A photo with large shapes, as noise has not: (1, 64, 96, 3)."""
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 12, 3)).astype(np.uint8)
    return np.kron(coarse, np.ones((8, 8, 1), np.uint8))[None]


def test_what_is_missing_is_said_before_anything_is_done(tmp_path, monkeypatch):
    network = Toy(lambda images: 0.5)
    with pytest.raises(PlaceprintError, match="learned from photos"):
        export_onnx(network, tmp_path / "m.onnx", LITE0_PIXELS, (32, 24), precision="int8")
    monkeypatch.setattr(onnx_export, "LARGEST", 10)
    with pytest.raises(PlaceprintError, match="2 GiB"):
        export_onnx(torch.nn.Linear(4, 4), tmp_path / "m.onnx", LITE0_PIXELS, (32, 24))
    monkeypatch.setattr(onnx_export, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match="torch"):
        export_onnx(network, tmp_path / "m.onnx", LITE0_PIXELS, (32, 24))


@pytest.mark.parametrize("size", [(5, 7), (6, 9), (1, 1), (2, 30)])
def test_forms_equal_their_layers(size):
    torch.manual_seed(0)
    layers = [pooling.ConvAP(6, 5, (2, 3)), pooling.SALAD(6, 7, cluster_dim=3, token_dim=2)]
    features = torch.randn(2, 6, *size)
    for layer, kind in zip(layers, (AdaptiveAverages, TracedSALAD), strict=True):
        form = onnx_form(layer)
        assert type(form) is kind
        assert type(layer) is not kind
        torch.testing.assert_close(form(features), layer.eval()(features), atol=1e-6, rtol=1e-5)
    token = torch.randn(2, 6)
    torch.testing.assert_close(onnx_form(layers[1])(features, token), layers[1](features, token))
