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
"""A network uses all cores, or the whole card: two at once would only be in each other's way."""


def need_torch(feature: str) -> None:
    """Raises `MissingExtraError` where torch is not installed."""
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(feature, "torch") from error


def choose_device(wanted: str) -> "torch.device":
    """`auto` is the graphics card where there is one, else the processor; or any device that torch names.

    Raises `PlaceprintError` for a device that is not there.
    """
    import torch

    if wanted == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(wanted)
    except RuntimeError as error:
        raise PlaceprintError(f"{wanted!r} is not a device", "Use auto, cpu, cuda or cuda:1.") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise PlaceprintError(
            "torch finds no graphics card", "Use the device cpu, or install torch for CUDA."
        )
    return device


@cache
def keep_freed_memory() -> bool:
    """Have the C library keep freed memory for the next image, in place of giving it back to the system.

    Activations of a few hundred megabytes would else be taken and returned with every image, page by page,
    which costs more time than the network itself. True where it worked: with glibc, on Linux.
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
    """Have the network on the device, in evaluation mode, alone, without gradients.

    float32 means also the convolutions on a card, which torch by default would round to TF32; bfloat16 is
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
