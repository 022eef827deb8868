"""ONNX graphs on OpenVINO (extra `placeprint[openvino]`)."""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from threading import local
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float32
from placeprint.descriptors.runtimes.graph_facts import graph_facts
from placeprint.descriptors.runtimes.runtime import SideBySide, fixed_size
from placeprint.descriptors.runtimes.torch_device import Precision
from placeprint.errors import MissingExtraError, PlaceprintError
from placeprint.parallel import cores

TYPES = {"float32": "f32", "bfloat16": "bf16"}


def openvino_runtime(
    model: bytes, threads: int | None = None, precision: Precision = "float32"
) -> SideBySide:
    """A graph with one input on OpenVINO; by default on all cores.

    `bfloat16`, with 8 significant bits per number, is used for the operations that gain from it; the
    quantized parts of a graph stay in int8. Raises `MissingExtraError` without OpenVINO, and
    `PlaceprintError` for bfloat16 on a CPU without instructions for it, where it would only be slower.
    """
    if find_spec("openvino") is None:
        raise MissingExtraError("OpenVINO", "openvino")
    openvino: Any = import_module("openvino")
    core = openvino.Core()
    if precision == "bfloat16" and "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        raise PlaceprintError("this processor has no instructions for bfloat16", "Use float32.")
    threads = threads or cores()
    settings = {
        "INFERENCE_PRECISION_HINT": TYPES[precision],
        "NUM_STREAMS": threads,
        "INFERENCE_NUM_THREADS": threads,
        "ENABLE_CPU_PINNING": False,  # two processes would be pinned to the same cores
    }
    compiled: Any = core.compile_model(core.read_model(model), "CPU", settings)
    shape = [None if side.is_dynamic else side.get_length() for side in compiled.input(0).partial_shape]
    said = "int8" if graph_facts(model).int8 else precision
    name = f"openvino {openvino.__version__.partition('-')[0]}, {said}"
    return SideBySide(_requests(compiled), name, threads, fixed_size(shape))


def _requests(compiled: Any) -> Callable[[NDArray[Any]], Float32]:
    """Each thread has its own request, because two threads must not share one."""
    own = local()

    def run(photo: NDArray[Any]) -> Float32:
        if not hasattr(own, "request"):
            own.request = compiled.create_infer_request()
        return np.array(own.request.infer({0: photo})[0], np.float32)

    return run
