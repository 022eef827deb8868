"""Reading a torch checkpoint without running any code from it."""

import pickle
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from placeprint.errors import FormatError
from placeprint.networks.backbones import load_weights
from placeprint.networks.backbones.weights import WRAPPERS, some
from placeprint.networks.published.files.records import RECORDS

_BAD = (AssertionError, ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, OSError,
        RuntimeError, TypeError, ValueError, pickle.UnpicklingError, zipfile.BadZipFile)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """`tensors`: the weights by name, without the `module` of data-parallel training; `rest`: whatever else
    the file holds, by name, with NumPy's and scikit-learn's objects as records; `taken`: the names of the
    weights that were looked up, so that none is dropped unnoticed.
    """

    path: Path
    tensors: dict[str, Tensor]
    rest: dict[str, Any] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def __contains__(self, name: object) -> bool:
        return name in self.tensors or name in self.rest

    def __getitem__(self, name: str) -> Tensor:
        tensor = self.tensors[name]
        self.taken.add(name)
        return tensor

    def below(self, prefix: str) -> "Below":
        """The weights whose names start with the prefix, under their names without it."""
        return Below(self, prefix)

    def leave(self, *names: str) -> None:
        """Mark these weights as known and deliberately not used by the requested network."""
        self.taken.update(names)

    def check_all_taken(self, source: str) -> None:
        """Raise `FormatError`, naming the weights, if any were not looked up: the converted network does not
        use them, and a network that does would give different vectors.
        """
        unused = [name for name in self.tensors if name not in self.taken]
        if unused:
            raise FormatError(
                f"{self.path} ({source}) has weights that placeprint does not know: {some(unused)}",
                "Without them it would be another network. Get the original file, or remove what only "
                "training needs.",
            )


@dataclass(frozen=True, eq=False)
class Below(Mapping[str, Tensor]):
    """Weights of a checkpoint by the rest of their names; listing the names does not mark them as taken."""

    checkpoint: Checkpoint
    prefix: str

    def __getitem__(self, name: str) -> Tensor:
        return self.checkpoint[self.prefix + name]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.prefix + name in self.checkpoint.tensors

    def __iter__(self) -> Iterator[str]:
        names = (name for name in self.checkpoint.tensors if name.startswith(self.prefix))
        return (name.removeprefix(self.prefix) for name in names)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a file written by torch.save, old or new, or a safetensors file if it has that suffix.

    Raises `FormatError` for a damaged file, a file without weights, and a file that refers to anything
    besides tensors, NumPy arrays and scikit-learn's PCA; the latter two are not imported either.
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
        fault = f"names {named[1]}, which weights never need" if named else "is damaged or not of torch.save"
        raise FormatError(f"{path} {fault}", "No code in it was run. Get the original file again.") from error
    return _unwrapped(path, content)


def _unwrapped(path: Path, content: Any) -> Checkpoint:
    rest: dict[str, Any] = {}
    for wrapper in WRAPPERS:
        if isinstance(content, dict) and isinstance(content.get(wrapper), dict):
            rest = {str(name): value for name, value in content.items() if name != wrapper}
            content = content[wrapper]
    if not isinstance(content, dict) or not all(isinstance(value, Tensor) for value in content.values()):
        raise FormatError(f"{path} holds no named weights", "Give the checkpoint published by its authors.")
    return Checkpoint(path, {_plain(str(name)): tensor for name, tensor in content.items()}, rest)


def _plain(name: str) -> str:
    return ".".join(part for part in name.split(".") if part != "module")
