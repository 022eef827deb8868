"""Running a serialised ONNX model on one photo at a time, from any number of threads."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


class OnnxNetwork:
    """A model with one input and one output. Calls from several threads run side by side.

    Each call uses one core: photos side by side, one a core, are faster than one photo spread over
    the cores, and a photo's result cannot depend on what else is in a batch.
    """

    def __init__(self, model: bytes) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session: Any = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self._input: str = self._session.get_inputs()[0].name

    def __call__(self, photo: NDArray[np.uint8]) -> NDArray[np.float32]:
        """One photo (height, width, 3) to its output, without the batch axis."""
        result: NDArray[np.float32] = self._session.run(None, {self._input: photo[None]})[0][0]
        return result
