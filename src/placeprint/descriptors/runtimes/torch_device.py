"""Running networks: the device, the precision, and one network at a time."""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Literal

from placeprint.errors import MissingExtraError, PlaceprintError

if TYPE_CHECKING:
    import torch
    from torch import nn

Precision = Literal["float32", "bfloat16"]

ONE_AT_A_TIME = Lock()
"""A network uses all cores, or the whole GPU: two at once would only slow each other down."""


def need_torch(feature: str) -> None:
    """Raises `MissingExtraError` if torch is not installed."""
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(feature, "torch") from error


def choose_device(wanted: str) -> "torch.device":
    """`auto` is the GPU if there is one, else the CPU; or any device name torch knows.

    Raises `PlaceprintError` for a device that does not exist.
    """
    import torch

    if wanted == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(wanted)
    except RuntimeError as error:
        raise PlaceprintError(f"{wanted!r} is not a device", "Use auto, cpu, cuda or cuda:1.") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise PlaceprintError("torch finds no GPU", "Use the device cpu, or install torch for CUDA.")
    return device


@cache
def keep_freed_memory() -> bool:
    """Have the C library keep freed memory for the next image instead of returning it to the system.

    Otherwise activations of a few hundred megabytes would be requested and returned page by page for every
    image, which takes longer than the network itself. True if it worked: with glibc, on Linux.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    kept = {"M_TRIM_THRESHOLD": (-1, 2**31 - 1), "M_TOP_PAD": (-2, 2**28), "M_MMAP_MAX": (-4, 0)}
    return all(mallopt(number, value) == 1 for number, value in kept.values())


@contextmanager
def inference(network: "nn.Module", device: "torch.device", precision: Precision) -> Iterator[None]:
    """Exclusive use of the network, on the device, in evaluation mode and without gradients.

    float32 also applies to convolutions on a GPU, which torch would round to TF32 by default; bfloat16 is
    torch's autocast.
    """
    import torch

    if device.type == "cpu":
        keep_freed_memory()
    with ONE_AT_A_TIME, ExitStack() as stack:
        network.eval().to(device)
        stack.enter_context(torch.inference_mode())
        if precision == "bfloat16":
            stack.enter_context(torch.autocast(device.type, torch.bfloat16))
        elif device.type == "cuda":
            stack.enter_context(torch.backends.cudnn.flags(enabled=True, allow_tf32=False))
        yield
