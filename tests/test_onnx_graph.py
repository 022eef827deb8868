import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from placeprint.onnx_graph import OnnxGraph


def test_it_writes_what_the_package_onnx_writes():
    """Field by field: every kind of attribute, constants of all types, negative numbers, free sides."""
    arrays = [
        np.arange(6, dtype=np.float32).reshape(2, 3),
        np.array([-1, 300, -(2**40)], np.int64),
        np.array([[0, 255]], np.uint8),
        np.array([-128, 127], np.int8),
        np.array([-5], np.int32),
        np.array([0.5, -2], np.float16),
        np.array(7.0, np.float32),
    ]
    graph = OnnxGraph()
    names = [graph.constant(array) for array in arrays]
    out = graph.node("Conv", ["x", names[0]], auto_pad="SAME_UPPER", group=-3, strides=[1, 200])
    graph.node("Add", [out, names[6]], "y")
    shape = ["n", 3, 70_000]
    model = onnx.load_from_string(
        graph.model("name", {"x": (np.uint8, shape)}, {"y": (np.float32, shape)}, 17)
    )
    nodes = [
        helper.make_node("Conv", ["x", "c0"], ["v0"], auto_pad="SAME_UPPER", group=-3, strides=[1, 200]),
        helper.make_node("Add", ["v0", "c6"], ["y"]),
    ]
    expected = helper.make_graph(
        nodes,
        "name",
        [helper.make_tensor_value_info("x", TensorProto.UINT8, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(array, f"c{i}") for i, array in enumerate(arrays)],
    )
    assert model == helper.make_model(expected, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def test_the_runtime_runs_it():
    graph = OnnxGraph()
    graph.node("Mul", ["x", graph.constant(np.array([2.0, 3.0], np.float32))], "y")
    model = graph.model("twice", {"x": (np.float32, ["n", 2])}, {"y": (np.float32, ["n", 2])}, 13)
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    np.testing.assert_array_equal(session.run(None, {"x": np.ones((3, 2), np.float32)})[0], [[2, 3]] * 3)


def test_types_that_it_does_not_know_are_refused():
    with pytest.raises(KeyError):
        OnnxGraph().constant(np.zeros(1, np.complex64))
