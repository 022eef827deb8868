"""Vectors in a memory-mapped file that is filled step by step: a kill loses only unacknowledged work."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np

from placeprint.artifact import check_version, read_json, replace_file
from placeprint.errors import FormatError, LockedError

FORMAT = "placeprint/vectors"
VERSION = 1


@contextmanager
def filling(folder: Path) -> Iterator[None]:
    """The folder, created if needed, locked for this process. Raises LockedError if another has it."""
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    try:
        held = FileLock(folder / "lock").acquire(timeout=0)
    except Timeout:
        raise LockedError(f"{folder} is being filled by another process", "Wait for it to finish.") from None
    with held:
        yield


@dataclass(eq=False)
class ResumableVectors:
    """The first `done` rows of `shape` (rows, dim) are in the folder, made by `maker`.

        vectors.npy    (rows, dim)
        progress.json  format, version, shape, type, maker, rows done, unreadable rows (and why, if known)

    Vectors of another maker are of no use; `begin` makes sure that they are never taken for one's own.
    """

    folder: Path
    shape: tuple[int, int]
    dtype: str
    maker: str
    done: int = 0
    unreadable: Mapping[int, str] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether all rows are done."""
        return self.done == self.shape[0]

    @classmethod
    def find(cls, folder: Path, shape: tuple[int, int], dtype: str) -> Self | None:
        """What the folder contains; None if that is nothing, or has another shape or type.

        Raises FormatError for progress that is damaged or from a newer placeprint; the array is checked when
        it is opened.
        """
        progress = folder / "progress.json"
        if not progress.is_file():
            return None
        try:
            said = read_json(progress, "Delete this folder.")
            if said["format"] == FORMAT:
                check_version(progress, said["version"], VERSION)
            if said["format"] != FORMAT or (said["shape"], said["dtype"]) != (list(shape), dtype):
                return None
            if (
                type(said["done"]) is not int
                or not 0 <= said["done"] <= shape[0]
                or type(said["maker"]) is not str
            ):
                raise ValueError(f"{said['done']!r} rows done, made by {said['maker']!r}")
            unreadable = {int(row): str(reason) for row, reason in said["unreadable"].items()}
            return cls(folder, shape, dtype, said["maker"], said["done"], unreadable)
        except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
            raise FormatError(f"{progress} is damaged ({error})", "Delete this folder.") from error

    @classmethod
    def begin(cls, folder: Path, shape: tuple[int, int], dtype: str, maker: str) -> Self:
        """An empty file, replacing what the folder contains."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "progress.json").unlink(missing_ok=True)
        np.lib.format.open_memmap(folder / "vectors.npy", "w+", np.dtype(dtype), shape)
        begun = cls(folder, shape, dtype, maker)
        begun.acknowledge(0, {})
        return begun

    def open(self, mode: Literal["r", "r+"] = "r") -> np.memmap[Any, Any]:
        """The memory-mapped array. Raises FormatError if it is damaged."""
        path = self.folder / "vectors.npy"
        try:
            vectors: np.memmap[Any, Any] = np.load(path, mmap_mode=mode)
            if vectors.shape != self.shape or vectors.dtype != self.dtype:
                raise ValueError(f"it holds {vectors.dtype} {vectors.shape}")
        except Exception as error:  # NumPy hands the header to Python's tokenizer and parser
            raise FormatError(f"{path} is damaged ({error})", "Delete this folder.") from error
        return vectors

    def acknowledge(self, done: int, unreadable: Mapping[int, str]) -> None:
        """Record that these rows are written and flushed: a run after a kill resumes after them."""
        self.done, self.unreadable = done, dict(unreadable)
        said = {"format": FORMAT, "version": VERSION, "shape": self.shape, "dtype": self.dtype}
        said |= {"maker": self.maker, "done": done, "unreadable": self.unreadable}
        replace_file(self.folder / "progress.json", json.dumps(said).encode())
