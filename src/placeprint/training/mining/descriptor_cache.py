"""The current descriptors of all training photos, in a memory-mapped file that is refreshed as a whole."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float32, Int64
from placeprint.descriptors.resumable_vectors import ResumableVectors, filling
from placeprint.errors import PlaceprintError
from placeprint.progress import meter

CHUNK = 256
"""Photos between two acknowledged writes: the most a kill can lose, and what is in memory at a time."""


class DescriptorCache:
    """`rows` vectors of `dim` numbers in `folder`; "float16" halves the file.

    On unit vectors float16 changes a squared distance by less than 0.001.

        generation-000003/  `ResumableVectors`, whose maker is a fingerprint

    A refresh fills a new generation while the current one stays readable; its last acknowledged write makes
    it the current one. The previous one is kept until the next refresh begins, so that a run can go back to
    an earlier checkpoint (`reopen`): there are at most two files. After a kill, a generation with the same
    fingerprint is continued. Raises FormatError for a file that is damaged or from a newer placeprint.
    """

    def __init__(
        self, folder: Path, rows: int, dim: int, dtype: Literal["float32", "float16"] = "float32"
    ) -> None:
        self.folder = folder
        self._rows, self.dim, self._dtype = rows, dim, dtype
        self.reopen()

    def __len__(self) -> int:
        return self._rows

    def reopen(self, fingerprint: str | None = None) -> None:
        """Read the newest complete generation, which another process may have filled; or the one with this
        fingerprint. `self.fingerprint` then says which one it is, or is None if there is none.
        """
        found = self._complete(fingerprint)
        self._generation: Path | None = None
        self._vectors: NDArray[Any] | None = None
        self.fingerprint: str | None = None
        """The fingerprint of the current generation."""
        self.unreadable: Int64 = np.zeros(0, np.int64)
        """Rows of photos that could not be read; their vectors are NaN, so that nothing is near them."""
        if found is not None:
            self._generation, self._vectors = found.folder, found.open()
            self.fingerprint = found.maker
            self.unreadable = np.array(list(found.unreadable), np.int64)

    def read(self, rows: Int64) -> Float32:
        """(k, dim) vectors of these rows, copied. Raises PlaceprintError before the first complete fill."""
        vectors = self.vectors
        if len(rows) and np.min(rows) < 0:
            raise IndexError(f"row {np.min(rows)}")
        return vectors[rows].astype(np.float32, copy=False)

    @property
    def vectors(self) -> NDArray[Any]:
        """All vectors (rows, dim), memory-mapped and read-only; see `read`."""
        if self._vectors is None:
            raise PlaceprintError(f"{self.folder} has no complete descriptors", "Fill it first.")
        return self._vectors

    def fill(
        self,
        fingerprint: str,
        describe: Callable[[Int64], Float32],
        label: str = "Refreshing descriptors",
        quiet: bool = False,
    ) -> None:
        """Fill a new generation with `describe(rows) -> (k, dim)` and read from that one afterwards.

        `fingerprint` says what describes (run and step): if a complete generation has the same one, it is
        used and nothing is described. A photo that cannot be read has a row of NaN. Raises PlaceprintError if
        other numbers are not finite, or no row is (the network has diverged); the old generation is kept.
        Raises LockedError if another process is filling the same folder.
        """
        with filling(self.folder):
            if self._complete(fingerprint) is None:
                if self._generation is None or not self._generation.is_dir():
                    self.reopen()  # another process may have filled it meanwhile
                self._fill(fingerprint, describe, label, quiet)
            self.reopen(fingerprint)

    def _fill(self, fingerprint: str, describe: Callable[[Int64], Float32], label: str, quiet: bool) -> None:
        target = _begin(self.folder, (self._rows, self.dim), self._dtype, fingerprint, self._generation)
        unreadable = list(target.unreadable)
        with meter(label, self._rows - target.done, quiet=quiet) as advance:
            for start in range(target.done, self._rows, CHUNK):
                rows = np.arange(start, min(start + CHUNK, self._rows))
                stored = target.open("r+")
                stored[rows] = _checked(describe(rows), (len(rows), self.dim), stored.dtype)
                stored.flush()
                unreadable += rows[np.isnan(stored[rows, 0])].tolist()
                del stored  # unmap it: memory stays flat
                if len(unreadable) == self._rows:
                    raise PlaceprintError("no training photo has a descriptor", "Check photos and network.")
                target.acknowledge(start + len(rows), dict.fromkeys(unreadable, ""))
                advance(len(rows))

    def _complete(self, fingerprint: str | None) -> ResumableVectors | None:
        return _newest_complete(self.folder, (self._rows, self.dim), self._dtype, fingerprint)


def _checked(vectors: Float32, shape: tuple[int, int], dtype: np.dtype[Any]) -> NDArray[Any]:
    if vectors.shape != shape:
        raise ValueError(f"described {vectors.shape}, not {shape}")
    with np.errstate(over="ignore"):
        stored: NDArray[Any] = vectors.astype(dtype)
    unreadable = np.isnan(stored).all(axis=1)
    if not np.isfinite(stored[~unreadable]).all():
        raise PlaceprintError("a descriptor is not finite", "Lower the learning rate.")
    return stored


def _generations(folder: Path) -> list[Path]:
    """Oldest first, finished or not."""
    found = folder.glob("generation-*")
    return sorted(path for path in found if re.fullmatch(r"generation-\d{6}", path.name))


def _newest_complete(
    folder: Path, shape: tuple[int, int], dtype: str, maker: str | None
) -> ResumableVectors | None:
    """Made by `maker`, where one is named. Raises FormatError for one that is damaged."""
    for generation in reversed(_generations(folder)):
        found = ResumableVectors.find(generation, shape, dtype)
        if found is not None and found.complete and maker in (None, found.maker):
            return found
    return None


def _begin(
    folder: Path, shape: tuple[int, int], dtype: str, maker: str, keep: Path | None
) -> ResumableVectors:
    """The generation to fill: an interrupted one of this maker, or a new one. All others but `keep` are
    removed."""
    number, begun = 0, None
    for generation in _generations(folder):
        number = int(generation.name[-6:])
        found = ResumableVectors.find(generation, shape, dtype)
        if generation == keep:
            continue
        if found is not None and found.maker == maker:
            begun = found
        else:
            shutil.rmtree(generation, ignore_errors=True)
    return begun or ResumableVectors.begin(folder / f"generation-{number + 1:06}", shape, dtype, maker)
