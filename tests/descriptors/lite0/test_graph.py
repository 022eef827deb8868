import numpy as np
import onnx
import onnxruntime
import pytest

from placeprint.descriptors.lite0.graph import descriptor_graph
from placeprint.descriptors.lite0.state_dict_file import read_state_dict
from placeprint.encoders.gated_netvlad import GatedNetVLADEncoder
from placeprint.encoders.netvlad import NetVLADEncoder, unit_rows
from placeprint.networks.lite0_blocks import published_weights
from placeprint.whitening.whitening import Whitening

BLOCKS = 11


@pytest.fixture(scope="module")
def weights():
    return read_state_dict(published_weights())


@pytest.fixture(scope="module")
def head():
    centers = unit_rows(np.random.default_rng(0).normal(size=(64, 112)).astype(np.float32))
    return NetVLADEncoder(np.float32(20) * centers, centers)


@pytest.fixture(scope="module")
def gated(head):
    rng = np.random.default_rng(2)
    parts = [(112, 112), (9, 112), (9,), (64, 9), (64,)]
    mix, *rest = (rng.normal(size=shape).astype(np.float32) for shape in parts)
    return GatedNetVLADEncoder(head, np.eye(112, dtype=np.float32) + mix / 20, *rest)


def _run(graph, photos):
    return onnxruntime.InferenceSession(graph).run(None, {"photos": photos})[0]


@pytest.mark.parametrize("kind", ["head", "gated"])
def test_head_and_whitening_equal_numpy_for_any_batch_and_shape(weights, kind, request):
    head = request.getfixturevalue(kind)
    rng = np.random.default_rng(1)
    whitening = Whitening.fit(unit_rows(rng.normal(size=(40, head.dim)).astype(np.float32)), 16)
    for shape in [(1, 64, 96, 3), (3, 80, 48, 3)]:
        photos = rng.integers(0, 256, shape, dtype=np.uint8)
        features = _run(descriptor_graph(weights, BLOCKS), photos)
        vlad = np.stack([head.encode(f.reshape(112, -1).T) for f in features])
        np.testing.assert_allclose(_run(descriptor_graph(weights, BLOCKS, head), photos), vlad, atol=1e-4)
        whole = _run(descriptor_graph(weights, BLOCKS, head, whitening), photos)
        assert whole.shape == (shape[0], 16)
        np.testing.assert_allclose(whole, whitening.apply(vlad), atol=1e-4)


def test_it_is_a_valid_model_with_one_dynamic_input(weights, head):
    model = onnx.load_from_string(descriptor_graph(weights, BLOCKS, head))
    onnx.checker.check_model(model, full_check=True)
    (photos,) = model.graph.input
    assert [d.dim_param or d.dim_value for d in photos.type.tensor_type.shape.dim] == [
        "n",
        "height",
        "width",
        3,
    ]
    assert not any(node.op_type == "BatchNormalization" for node in model.graph.node)
