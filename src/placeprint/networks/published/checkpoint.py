"""Reading a checkpoint of torch without running anything of it."""

import pickle
import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from placeprint.errors import FormatError
from placeprint.networks.backbones import load_weights
from placeprint.networks.backbones.weights import WRAPPERS
from placeprint.networks.published.records import RECORDS

_BAD = (AssertionError, ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, OSError,
        RuntimeError, TypeError, ValueError, pickle.UnpicklingError, zipfile.BadZipFile)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """`tensors`: the weights by name, without the `module` of data-parallel training; `rest`: what else the
    file holds by name, with NumPy's and scikit-learn's objects as records."""

    path: Path
    tensors: dict[str, Tensor]
    rest: dict[str, Any] = field(default_factory=dict)

    def __contains__(self, name: object) -> bool:
        return name in self.tensors or name in self.rest

    def __getitem__(self, name: str) -> Tensor:
        return self.tensors[name]

    def below(self, prefix: str) -> dict[str, Tensor]:
        """The weights whose names start with the prefix, without it."""
        return {
            name.removeprefix(prefix): tensor
            for name, tensor in self.tensors.items()
            if name.startswith(prefix)
        }


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a file of torch.save, old or new, or of safetensors where the suffix says so.

    Raises `FormatError` for a damaged file, one without weights, and one that names anything besides
    tensors, NumPy arrays and scikit-learn's PCA; the latter two are not imported either.
    """
    if path.suffix == ".safetensors":
        return Checkpoint(path, load_weights(path))
    if not path.is_file():
        raise FormatError(f"{path} is not a file", "Check the path.")
    try:
        with torch.serialization.safe_globals(RECORDS):  # type: ignore[arg-type]
            content = torch.load(path, map_location="cpu", weights_only=True)
    except _BAD as error:
        named = re.search(r"GLOBAL (\S+)", str(error))
        fault = f"names {named[1]}, which weights never need" if named else "is damaged, or not of torch.save"
        raise FormatError(f"{path} {fault}", "Nothing of it was run. Get the original file again.") from error
    return _unwrapped(path, content)


def _unwrapped(path: Path, content: Any) -> Checkpoint:
    rest: dict[str, Any] = {}
    for wrapper in WRAPPERS:
        if isinstance(content, dict) and isinstance(content.get(wrapper), dict):
            rest = {str(name): value for name, value in content.items() if name != wrapper}
            content = content[wrapper]
    if not isinstance(content, dict) or not all(isinstance(value, Tensor) for value in content.values()):
        raise FormatError(f"{path} holds no weights by name", "Give the checkpoint that its authors publish.")
    return Checkpoint(path, {_plain(str(name)): tensor for name, tensor in content.items()}, rest)


def _plain(name: str) -> str:
    return ".".join(part for part in name.split(".") if part != "module")
