"""Exact products of byte vectors, several times faster than in float32."""

from functools import cache
from typing import Any

import numpy as np

from placeprint.arrays import Int32, UInt8
from placeprint.onnx_graph import OnnxGraph


def byte_product(a: UInt8, b: UInt8) -> Int32:
    """a bᵀ for uint8 (n, d) and (m, d), as (n, m) int32; exact for d up to 33,000. One thread, no lock.

    ONNX Runtime's integer product: 0.7 ms for 1,000 × 1,000 × 128 with AVX-VNNI, where float32 needs 2.3.
    Unsigned by unsigned, because the signed kernel saturates on processors without VNNI.
    """
    product: Int32 = _session().run(None, {"a": a, "b": np.ascontiguousarray(b.T)})[0]
    return product


@cache
def _session() -> Any:
    import onnxruntime

    graph = OnnxGraph()
    graph.node("MatMulInteger", ["a", "b"], "product")
    inputs = {"a": (np.uint8, ["n", "d"]), "b": (np.uint8, ["d", "m"])}
    model = graph.model("byte_product", inputs, {"product": (np.int32, ["n", "m"])}, opset=13)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
