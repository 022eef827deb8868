"""Runtimes give the same vectors, keep to their threads, and step aside for one another."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from placeprint.descriptors.runtimes import choose as choosing
from placeprint.descriptors.runtimes.choose import Choice, choose_graph_runtime, choose_runtime
from placeprint.descriptors.runtimes.graph_facts import graph_facts
from placeprint.descriptors.runtimes.openvino import openvino_runtime
from placeprint.descriptors.runtimes.runtime import OnnxNetwork, SideBySide, onnx_runtime
from placeprint.errors import FormatError, MissingExtraError, PlaceprintError

needs_openvino = pytest.mark.skipif(find_spec("openvino") is None, reason="openvino is not installed")
SIZE = (48, 32)
DIM = 6


def _kernel(groups=1, seed=0):
    return np.random.default_rng(seed).normal(size=(DIM, 3 // groups, 3, 3)).astype(np.float32)


def _graph(groups=1, seed=0, size=None, metadata=()):
    """Pixels / 255, one convolution, the mean of its ReLU: like those of `export_onnx`."""
    constants = {
        "scale": np.float32(255),
        "kernel": _kernel(groups, seed),
        "axes": np.array([2, 3]),
        "shape": np.array([0, DIM]),
    }
    nodes = [
        helper.make_node("Cast", ["photos"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["float"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Div", ["planes", "scale"], ["pixels"]),
        helper.make_node("Conv", ["pixels", "kernel"], ["scores"], group=groups),
        helper.make_node("Relu", ["scores"], ["map"]),
        helper.make_node("ReduceMean", ["map", "axes"], ["means"]),
        helper.make_node("Reshape", ["means", "shape"], ["vectors"]),
        helper.make_node("LpNormalization", ["vectors"], ["descriptors"], axis=1, p=2),
    ]
    width, height = ("width", "height") if size is None else size
    photos = helper.make_tensor_value_info("photos", TensorProto.UINT8, ["n", height, width, 3])
    out = helper.make_tensor_value_info("descriptors", TensorProto.FLOAT, ["n", DIM])
    tensors = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "small", [photos], [out], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    helper.set_model_props(model, dict(metadata))
    return model.SerializeToString()


def _photos(n=5, size=SIZE, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, *size[::-1], 3), dtype=np.uint8)


def _apart(a, b):
    return np.linalg.norm(a - b, axis=1).max()


def test_onnx_runtime_gives_each_photo_its_vector_from_any_thread():
    model, photos = _graph(), _photos()
    runtime = onnx_runtime(model, 2)
    wanted = np.stack([OnnxNetwork(model)(photo) for photo in photos])
    np.testing.assert_array_equal(runtime(photos), wanted)
    assert runtime(photos).dtype == np.float32
    np.testing.assert_array_equal(runtime(photos[::-1]), wanted[::-1])
    np.testing.assert_array_equal(runtime(_photos(1, (24, 40))).shape, (1, DIM))
    with ThreadPoolExecutor(4) as callers:
        for rows in callers.map(runtime, [photos] * 8):
            np.testing.assert_array_equal(rows, wanted)
    assert runtime.name == f"onnxruntime {onnxruntime.__version__}, float32, 2 threads"
    assert onnx_runtime(model, 1).name.endswith("float32, 1 thread")


def test_all_callers_together_use_the_stated_number_of_threads():
    running, most, lock = [0], [0], threading.Lock()

    def run(photo):
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.01)
        with lock:
            running[0] -= 1
        return photo.reshape(1, -1)[:, :2].astype(np.float32)

    runtime = SideBySide(run, "slow 1.0, float32", 3)
    with ThreadPoolExecutor(6) as callers:
        for rows in callers.map(runtime, [_photos()] * 6):
            np.testing.assert_array_equal(rows, _photos().reshape(5, -1)[:, :2])
    assert most[0] == 3
    assert runtime.name == "slow 1.0, float32, 3 threads"


def test_a_graph_of_one_size_says_which():
    ways = [onnx_runtime] + [openvino_runtime] * (find_spec("openvino") is not None)
    for way in ways:
        runtime = way(_graph(size=SIZE), 1)
        assert runtime(_photos()).shape == (5, DIM)
        with pytest.raises(PlaceprintError, match=r"48x32 pixels, not 32x48\. Resize them by exact:48x32"):
            runtime(_photos(1, SIZE[::-1]))


@needs_openvino
def test_openvino_agrees_and_keeps_callers_apart():
    model, photos = _graph(), _photos()
    wanted = onnx_runtime(model, 1)(photos)
    runtime = openvino_runtime(model, 2)
    assert _apart(runtime(photos), wanted) < 1e-5
    assert _apart(runtime(_photos(2, (20, 64))), onnx_runtime(model, 1)(_photos(2, (20, 64)))) < 1e-5
    with ThreadPoolExecutor(4) as callers:
        for rows in callers.map(runtime, [photos] * 12):
            assert _apart(rows, wanted) < 1e-5
    first = runtime(photos)
    kept = first.copy()
    runtime(_photos(seed=1))
    np.testing.assert_array_equal(first, kept)
    assert runtime.name.startswith("openvino 20")
    assert runtime.name.endswith(", float32, 2 threads")


@needs_openvino
def test_openvino_computes_in_bfloat16_where_the_processor_can(monkeypatch):
    import openvino

    model, photos = _graph(), _photos()
    wanted = onnx_runtime(model, 1)(photos)
    if "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        runtime = openvino_runtime(model, 1, "bfloat16")
        assert _apart(runtime(photos), wanted) < 0.05
        assert "bfloat16, 1 thread" in runtime.name

    class Old(openvino.Core):
        def get_property(self, *_):
            return ["FP32"]

    monkeypatch.setattr(openvino, "Core", Old)
    with pytest.raises(PlaceprintError, match="no instructions for bfloat16"):
        openvino_runtime(model, 1, "bfloat16")


def test_openvino_is_an_extra(monkeypatch):
    monkeypatch.setattr("placeprint.descriptors.runtimes.openvino.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"placeprint\[openvino\]"):
        openvino_runtime(_graph())
    chosen = choose_graph_runtime(_graph(), SIZE, threads=1)
    assert chosen.said.startswith("runtime: onnxruntime ")
    assert chosen.said.endswith(
        "1 thread (not openvino: OpenVINO needs an optional package, the extra placeprint[openvino])"
    )


def test_facts_of_graphs():
    facts = graph_facts(_graph(metadata={"size": "area:480"}))
    assert (facts.int8, facts.depthwise, facts.precision) == (False, False, "float32")
    assert facts.metadata == {"size": "area:480"}
    assert graph_facts(_graph(groups=3)).depthwise
    model = onnx.ModelProto.FromString(_graph())
    model.graph.node.append(helper.make_node("QuantizeLinear", ["map", "scale"], ["small"]))
    assert graph_facts(model.SerializeToString()).precision == "int8"
    with pytest.raises(FormatError, match="not an ONNX model"):
        graph_facts(b"no graph")


class Fake:
    """Vectors of a graph, so much apart."""

    def __init__(self, apart, name="openvino 1, float32, 1 thread"):
        self.apart, self.name = apart, name

    def __call__(self, photos):
        rows = onnx_runtime(_graph(), 1)(photos)
        rows[:, 0] += self.apart
        return rows


@pytest.mark.parametrize(
    ("apart", "said"),
    [(9e-4, ""), (2e-3, "differ by 0.002"), (np.nan, "differ by inf"), (-2e-3, "differ by 0.002")],
)
def test_the_quickest_that_agrees_is_chosen(monkeypatch, apart, said):
    monkeypatch.setattr(choosing, "openvino_runtime", lambda *_: Fake(apart))
    chosen = choose_graph_runtime(_graph(), SIZE, threads=1)
    assert chosen.runtime.name.startswith("openvino" if not said else "onnxruntime")
    assert len(chosen.passed_over) == bool(said)
    assert said in "".join(chosen.passed_over)


def test_depthwise_convolutions_go_to_onnx_runtime_and_a_failing_engine_is_passed_over(monkeypatch):
    def broken(*_):
        raise RuntimeError("no such\n instruction")

    monkeypatch.setattr(choosing, "openvino_runtime", broken)
    assert choose_graph_runtime(_graph(groups=3), SIZE).passed_over == ()
    assert choose_graph_runtime(_graph(), SIZE).passed_over == ("openvino: it fails (no such instruction)",)


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


@pytest.fixture
def network(torch):
    """The graph in torch."""

    class Small(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.kernel = torch.nn.Parameter(torch.from_numpy(_kernel()))
            self.threads = set()

        def forward(self, images):
            self.threads.add((threading.get_ident(), torch.get_num_threads()))
            return torch.nn.functional.conv2d(images, self.kernel).relu().mean(dim=(2, 3))

    return Small()


@pytest.fixture(scope="module")
def pixels(torch):
    from placeprint.networks.backbones import Preprocessing

    return Preprocessing(255, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


def test_torch_runs_photos_side_by_side_with_one_thread_each(torch, network, pixels):
    from placeprint.descriptors.runtimes.eager_torch import torch_runtime

    before = torch.get_num_threads()
    torch.set_num_threads(4)
    try:
        runtime = torch_runtime(network, pixels, device="cpu", threads=2)
        rows = runtime(_photos(16))
        with ThreadPoolExecutor(1) as another:
            assert another.submit(torch.get_num_threads).result() == torch.get_num_threads() == 4
    finally:
        torch.set_num_threads(before)
    assert {number for _, number in network.threads} == {1}
    assert threading.get_ident() not in {thread for thread, _ in network.threads}
    assert _apart(rows, onnx_runtime(_graph(), 1)(_photos(16))) < 1e-5
    assert runtime.name == f"torch {torch.__version__}, float32, 2 threads"
    assert not network.training
    assert _apart(torch_runtime(network, pixels, "bfloat16", "cpu", 1)(_photos()), rows[:5]) < 0.05


@pytest.fixture
def exported(monkeypatch, torch):
    """What export_onnx would write; how often it was asked is the length of the second list."""
    from placeprint.networks.onnx import export as onnx_export

    written, asked = [{"groups": 1, "seed": 0}], []

    def export(network, path, preprocessing, size, *, label):
        asked.append(size)
        told = {"fingerprint": label.fingerprint, "size": label.size_rule}
        path.write_bytes(_graph(**({"metadata": told} | written[0])))

    monkeypatch.setattr(onnx_export, "export_onnx", export)
    monkeypatch.setattr(choosing, "openvino_runtime", lambda *_: Fake(0.5))
    return written, asked


def test_a_graph_takes_the_place_of_torch_only_where_it_agrees(exported, network, pixels):
    written, _ = exported
    chosen = choose_runtime(network, pixels, SIZE, threads=1, device="cpu")
    assert chosen.runtime.name.startswith("onnxruntime")
    assert chosen.passed_over == ("openvino: its vectors differ by 0.5",)
    written[0] = {"seed": 1}
    chosen = choose_runtime(network, pixels, SIZE, threads=1, device="cpu")
    assert chosen.runtime.name.startswith("torch")
    assert [way.partition(":")[0] for way in chosen.passed_over] == ["openvino", "onnxruntime"]


def test_a_graph_of_one_size_is_for_photos_of_one_size(exported, network, pixels):
    from placeprint.networks.onnx.label import GraphLabel

    written, _ = exported
    written[0] = {"size": SIZE, "metadata": {"size": "exact:48x32", "fingerprint": ""}}
    chosen = choose_runtime(network, pixels, SIZE, threads=1, device="cpu", label=GraphLabel())
    assert chosen.runtime.name.startswith("torch")
    assert chosen.passed_over == ("an ONNX graph: it accepts photos of 48x32 only",)
    exact = GraphLabel(size_rule="exact:48x32")
    chosen = choose_runtime(network, pixels, SIZE, threads=1, device="cpu", label=exact)
    assert chosen.runtime.name.startswith("onnxruntime")


def test_a_kept_graph_is_exported_once_for_each_fingerprint(exported, network, pixels, tmp_path):
    from placeprint.networks.onnx.label import GraphLabel

    _, asked = exported
    kept = tmp_path / "kept.onnx"
    kept.write_bytes(b"damaged")

    def choose(fingerprint):
        label = GraphLabel(fingerprint=fingerprint)
        choose_runtime(network, pixels, SIZE, threads=1, device="cpu", label=label, graph=kept)
        return len(asked)

    assert [choose(mark) for mark in ("one", "one", "two", "two", "one")] == [1, 1, 2, 2, 3]
    assert [choose(""), choose("")] == [4, 5]  # without a fingerprint nobody knows whose it is


def test_without_an_exporter_torch_runs(monkeypatch, network, pixels):
    from placeprint.networks.onnx import export as onnx_export

    def missing(*_, **__):
        raise MissingExtraError("Exporting to ONNX", "torch")

    monkeypatch.setattr(onnx_export, "export_onnx", missing)
    chosen = choose_runtime(network, pixels, SIZE, threads=1, device="cpu")
    assert chosen.runtime.name.startswith("torch")
    assert "needs an optional package" in chosen.said


def test_bfloat16_is_openvino_or_torch_never_onnx_runtime(exported, monkeypatch, network, pixels):
    monkeypatch.setattr(choosing, "openvino_runtime", lambda *_: Fake(0.05, "openvino 1, bfloat16, 1 thread"))
    chosen = choose_runtime(network, pixels, SIZE, precision="bfloat16", threads=1, device="cpu")
    assert chosen == Choice(chosen.runtime)
    assert chosen.runtime.name == "openvino 1, bfloat16, 1 thread"
    monkeypatch.setattr(choosing, "openvino_runtime", lambda *_: Fake(0.5))
    chosen = choose_runtime(network, pixels, SIZE, precision="bfloat16", threads=1, device="cpu")
    assert "torch" in chosen.runtime.name
    assert "bfloat16" in chosen.runtime.name
