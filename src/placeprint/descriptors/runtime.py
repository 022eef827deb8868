"""What runs a network: photos to vectors, on a stated number of cores."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from placeprint.descriptors.bounded_map import cores
from placeprint.descriptors.graph_facts import graph_facts
from placeprint.descriptors.torch_running import Precision, choose_device, inference
from placeprint.errors import PlaceprintError

if TYPE_CHECKING:
    from torch import nn

    from placeprint.networks.backbones import Preprocessing

Vectors = NDArray[np.float32]


class Runtime(Protocol):
    """RGB photos (n, height, width, 3), uint8, n from 1 up, to float32 (n, dim).

    Calls may come from any number of threads; together they use no more cores than `name` says. Row i
    depends on photo i alone.
    """

    @property
    def name(self) -> str:
        """What people have to know of it: `onnxruntime 1.31.1, float32, 2 threads`."""
        ...

    def __call__(self, photos: NDArray[Any]) -> Vectors: ...


class SideBySide:
    """Photo by photo, each on one core, as many at once as there are threads.

    Quicker than one photo spread over the cores. `run` takes a batch of one; `size` (height, width) is the
    only one that it can take, None for any.
    """

    def __init__(
        self,
        run: Callable[[NDArray[Any]], Vectors],
        name: str,
        threads: int,
        size: tuple[int, int] | None = None,
    ) -> None:
        self.name = f"{name}, {threads} thread{'s' if threads > 1 else ''}"
        self._run, self._size = run, size
        self._pool = ThreadPoolExecutor(threads)

    def __call__(self, photos: NDArray[Any]) -> Vectors:
        if self._size and photos.shape[1:3] != self._size:
            height, width = self._size
            raise PlaceprintError(
                f"this ONNX graph takes photos of {width}x{height} pixels, not "
                f"{photos.shape[2]}x{photos.shape[1]}",
                f"Resize them by exact:{width}x{height}, or export a graph of that size.",
            )
        return np.concatenate(list(self._pool.map(self._run, np.split(photos, len(photos)))))


def onnx_runtime(model: bytes, threads: int | None = None) -> SideBySide:
    """A graph of one input on ONNX Runtime, in the precision of the graph; by default on all cores."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session: Any = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    photos = session.get_inputs()[0]

    def run(photo: NDArray[Any]) -> Vectors:
        vectors: Vectors = session.run(None, {photos.name: photo})[0]
        return vectors

    name = f"onnxruntime {onnxruntime.__version__}, {graph_facts(model).precision}"
    return SideBySide(run, name, threads or cores(), fixed_size(photos.shape))


class TorchRuntime:
    """The network as it is, in eager torch, a whole batch at a time, one batch after another.

    On the processor with as many threads as torch was told to use.
    """

    def __init__(
        self,
        network: "nn.Module",
        preprocessing: "Preprocessing",
        precision: Precision = "float32",
        device: str = "auto",
    ) -> None:
        import torch

        self.network, self.preprocessing, self.precision = network, preprocessing, precision
        self.device = choose_device(device)
        where = f"{threads} threads" if (threads := torch.get_num_threads()) > 1 else "1 thread"
        if self.device.type != "cpu":
            where = str(self.device)
        self.name = f"torch {torch.__version__}, {precision}, {where}"

    def __call__(self, photos: NDArray[Any]) -> Vectors:
        import torch

        with inference(self.network, self.device, self.precision):
            images = self.preprocessing(torch.from_numpy(photos).to(self.device))
            out = self.network(images.contiguous(memory_format=torch.channels_last))
            rows = (out[0] if isinstance(out, tuple | list) else out).float()
            vectors: Vectors = torch.nn.functional.normalize(rows, dim=1).cpu().numpy()
        return vectors


def fixed_size(shape: Sequence[int | str | None]) -> tuple[int, int] | None:
    """(height, width) of a graph's input (n, height, width, 3) where they are numbers."""
    height, width = shape[1:3]
    return (height, width) if isinstance(height, int) and isinstance(width, int) else None
