"""Networks in eager torch."""

from threading import Barrier
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float32
from placeprint.descriptors.runtimes.runtime import Runtime, SideBySide
from placeprint.descriptors.runtimes.torch_device import Precision, choose_device, inference
from placeprint.parallel import cores

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from placeprint.networks.backbones import Preprocessing


def torch_runtime(
    network: "nn.Module",
    preprocessing: "Preprocessing",
    precision: Precision = "float32",
    device: str = "auto",
    threads: int | None = None,
) -> Runtime:
    """Whole batches on a GPU; on the CPU photo by photo, each on one core.

    A batch is slower there: glibc returns blocks above 32 MB to the system immediately, and requesting such
    maps again for every layer takes up to twice the time of the arithmetic. Channels are the innermost axis,
    which saves the convolutions a copy. For the precisions see `inference`.
    """
    import torch

    where = choose_device(device)
    network.eval().to(where)
    name = f"torch {torch.__version__}, {precision}"
    if where.type != "cpu":
        return OnCard(network, preprocessing, precision, where, f"{name}, {where}")

    def run(photo: NDArray[Any]) -> Float32:
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            return _vectors(network, preprocessing, torch.from_numpy(photo))

    runtime = SideBySide(run, name, threads or cores())
    _one_thread_each(runtime)
    return runtime


class OnCard:
    """Whole batches on a GPU, one after another."""

    def __init__(
        self,
        network: "nn.Module",
        preprocessing: "Preprocessing",
        precision: Precision,
        device: "torch.device",
        name: str,
    ) -> None:
        self.name = name
        self._network, self._preprocessing = network, preprocessing
        self._precision, self._device = precision, device

    def __call__(self, photos: NDArray[Any]) -> Float32:
        """See `Runtime`."""
        import torch

        with inference(self._network, self._device, self._precision):
            return _vectors(self._network, self._preprocessing, torch.from_numpy(photos).to(self._device))


def _vectors(network: "nn.Module", preprocessing: "Preprocessing", photos: "Tensor") -> Float32:
    import torch

    out = network(preprocessing(photos).contiguous(memory_format=torch.channels_last))
    rows = (out[0] if isinstance(out, tuple | list) else out).float()
    return np.asarray(torch.nn.functional.normalize(rows, dim=1).cpu().numpy())


def _one_thread_each(runtime: SideBySide) -> None:
    """Torch's thread count belongs to the calling thread; new threads start with the last count set."""
    import torch

    before, together = torch.get_num_threads(), Barrier(runtime.threads)

    def begin() -> None:
        together.wait()
        torch.get_num_threads()  # the first query of a thread would set its count to that of all cores
        torch.set_num_threads(1)

    runtime.in_each_thread(begin)
    torch.set_num_threads(before)
