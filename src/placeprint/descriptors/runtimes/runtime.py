"""The interface of runtimes: photos to vectors, on a stated number of cores."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float32, UInt8
from placeprint.descriptors.runtimes.graph_facts import graph_facts
from placeprint.errors import PlaceprintError
from placeprint.parallel import cores


class Runtime(Protocol):
    """RGB photos (n, height, width, 3), uint8, n at least 1, to float32 (n, dim).

    Calls may come from any number of threads; together they use no more cores than `name` says. Row i depends
    on photo i alone.
    """

    @property
    def name(self) -> str:
        """A description for people: `onnxruntime 1.31.1, float32, 2 threads`."""
        ...

    def __call__(self, photos: NDArray[Any]) -> Float32:
        """Vectors (n, dim) of photos (n, height, width, 3)."""


class SideBySide:
    """Photo by photo, each on one core, as many at once as there are threads.

    Faster than one photo spread over the cores. `run` takes a batch of one; `size` (height, width) is the
    only size it accepts, None for any.
    """

    def __init__(
        self,
        run: Callable[[NDArray[Any]], Float32],
        name: str,
        threads: int,
        size: tuple[int, int] | None = None,
    ) -> None:
        self.name = f"{name}, {threads} thread{'s' if threads > 1 else ''}"
        self.threads = threads
        self._run, self._size = run, size
        self._pool = ThreadPoolExecutor(threads)

    def __call__(self, photos: NDArray[Any]) -> Float32:
        """See `Runtime`. Raises `PlaceprintError` for photos of a size it does not accept."""
        if self._size and photos.shape[1:3] != self._size:
            height, width = self._size
            raise PlaceprintError(
                f"this ONNX graph accepts photos of {width}x{height} pixels, not "
                f"{photos.shape[2]}x{photos.shape[1]}",
                f"Resize them by exact:{width}x{height}, or export a graph of that size.",
            )
        return np.concatenate(list(self._pool.map(self._run, np.split(photos, len(photos)))))

    def in_each_thread(self, begin: Callable[[], None]) -> None:
        """Call `begin` once in each thread; it must wait until all `threads` have begun."""
        for started in [self._pool.submit(begin) for _ in range(self.threads)]:
            started.result()


def onnx_runtime(model: bytes, threads: int | None = None) -> SideBySide:
    """A graph with one input on ONNX Runtime, in the graph's own precision; by default on all cores."""
    import onnxruntime

    session = _session(model)
    photos = session.get_inputs()[0]

    def run(photo: NDArray[Any]) -> Float32:
        with memory_errors():
            vectors: Float32 = session.run(None, {photos.name: photo})[0]
        return vectors

    name = f"onnxruntime {onnxruntime.__version__}, {graph_facts(model).precision}"
    return SideBySide(run, name, threads or cores(), fixed_size(photos.shape))


class OnnxNetwork:
    """A model with one input and one output. Calls from several threads run in parallel.

    Each call uses one core: photos in parallel, one per core, are faster than one photo spread over the
    cores, and a photo's result cannot depend on what else is in a batch.
    """

    def __init__(self, model: bytes) -> None:
        self._model, self._session = model, _session(model)
        self._input: str = self._session.get_inputs()[0].name

    def __reduce__(self) -> tuple[Any, ...]:
        return OnnxNetwork, (self._model,)  # a session stays in its process

    def __call__(self, photo: UInt8) -> Float32:
        """One photo (height, width, 3) to its output, without the batch axis."""
        with memory_errors():
            result: Float32 = self._session.run(None, {self._input: photo[None]})[0][0]
        return result


def _session(model: bytes) -> Any:
    """One core per call: photos in parallel are faster than one photo spread over the cores."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    with memory_errors():
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def fixed_size(shape: Sequence[int | str | None]) -> tuple[int, int] | None:
    """(height, width) of a graph's input (n, height, width, 3) if they are fixed numbers."""
    height, width = shape[1:3]
    return (height, width) if isinstance(height, int) and isinstance(width, int) else None


@contextmanager
def memory_errors() -> Iterator[None]:
    """`MemoryError` for ONNX Runtime's own exceptions about it, which have only their text in common."""
    try:
        yield
    except Exception as error:
        said = str(error).lower()
        if "alloc" in said or "out of memory" in said:
            raise MemoryError("ONNX Runtime has not enough memory") from error
        raise
