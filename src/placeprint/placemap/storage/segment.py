"""A written segment, opened for reading. Few files stay open, because a map may have hundreds of segments."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Int64
from placeprint.errors import FormatError
from placeprint.placemap.storage.manifest import RESTORE
from placeprint.placemap.storage.segments import HEADER, VERSION, VERSION_1, folder_name
from placeprint.representations import Column

MAPPED = 8 << 20
"""Vectors of at least this many bytes are memory-mapped, which costs an open file; others are read."""

BLOCK = 16 << 20
"""Bytes read at a time when a segment is copied."""


@dataclass(frozen=True)
class ArrayFile:
    """Where the numbers of a `.npy` file begin, and their type and shape."""

    path: Path
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    offset: int

    def read(self, start: int, stop: int) -> NDArray[Any]:
        """Rows start:stop, read from the disk."""
        width = int(np.prod(self.shape[1:]))
        try:
            flat = np.fromfile(
                self.path,
                self.dtype,
                (stop - start) * width,
                offset=self.offset + start * width * self.dtype.itemsize,
            )
            return flat.reshape(stop - start, *self.shape[1:])
        except (OSError, ValueError) as error:
            raise FormatError(f"{self.path} is missing or damaged ({error})", RESTORE) from error


@dataclass(frozen=True)
class Segment:
    """Segment `number` in the folder `parent`; `checksum` is that of its header, from the database."""

    parent: Path
    number: int
    checksum: str

    @property
    def folder(self) -> Path:
        """The folder of its files."""
        return self.parent / folder_name(self.number)

    @cached_property
    def header(self) -> dict[str, Any]:
        """The content of `segment.json`. Raises `FormatError` if it is not what was written."""
        path = self.folder / HEADER
        try:
            content = path.read_bytes()
        except OSError as error:
            raise FormatError(f"{path} is missing ({error.strerror})", RESTORE) from error
        if hashlib.sha256(content).hexdigest() != self.checksum:
            raise FormatError(f"{path} is damaged: its checksum differs", RESTORE)
        header = dict(json.loads(content))
        if header["version"] not in range(1, VERSION + 1):
            raise FormatError(f"{path} has layout version {header['version']}", "Upgrade placeprint.")
        return header

    @property
    def rows(self) -> int:
        """Photos, including removed ones."""
        return int(self.header["rows"])

    def array(self, name: str) -> ArrayFile:
        """A file of the segment. Raises `FormatError` if it is missing, cut off or damaged."""
        path = self.folder / f"{name}.npy"
        try:
            if path.stat().st_size != self.header["files"][path.name]["bytes"]:
                raise ValueError("its size differs from when it was written")
            with path.open("rb") as file:
                np.lib.format.read_magic(file)
                shape, _, dtype = np.lib.format.read_array_header_1_0(file)
                return ArrayFile(path, dtype, shape, file.tell())
        except (OSError, ValueError, KeyError) as error:
            raise FormatError(f"{path} is missing or damaged ({error})", RESTORE) from error

    @cached_property
    def ids(self) -> Int64:
        """(rows,) of the photos, including removed ones."""
        return self.array("ids").read(0, self.rows)

    def name_of(self, column: str, array: str) -> str:
        """Name of the file with an array of a column."""
        name = f"{column}.{array}"
        return VERSION_1.get(name, name) if self.header["version"] == 1 else name

    def matrix(self, column: str, array: str) -> NDArray[Any]:
        """(rows, ...) of an array that is not ragged, memory-mapped if large."""
        if (column, array) not in self._matrices:
            self._matrices[column, array] = self._matrix(self.name_of(column, array))
        return self._matrices[column, array]

    def counts(self, column: str) -> Int64:
        """(rows,) of a ragged column; -1 if a photo has no value."""
        return np.asarray(self.matrix(column, "counts"))

    def starts(self, column: str) -> Int64:
        """(rows + 1,) where each photo's rows in a ragged column begin."""
        if (column, "starts") not in self._matrices:
            starts = np.concatenate([[0], np.cumsum(np.maximum(self.counts(column), 0))])
            self._matrices[column, "starts"] = starts
        return self._matrices[column, "starts"]

    def value(self, column: Column, row: int) -> Any:
        """The value of a photo, or None if it has none."""
        parts: dict[str, NDArray[Any]] = {}
        if column.ragged and self.counts(column.name)[row] < 0:
            return None
        for name, spec in column.kind.arrays.items():
            if spec.ragged:
                start, stop = (int(v) for v in self.starts(column.name)[row : row + 2])
                parts[name] = self._file(self.name_of(column.name, name)).read(start, stop)
            else:
                parts[name] = self.matrix(column.name, name)[row]
        return column.kind.unpack(parts)

    def _matrix(self, name: str) -> NDArray[Any]:
        file = self.array(name)
        if self.header["files"][f"{name}.npy"]["bytes"] < MAPPED:
            rows = file.read(0, self.rows)
            rows.flags.writeable = False
            return rows
        return np.memmap(file.path, file.dtype, "r", file.offset, file.shape)

    def _file(self, name: str) -> ArrayFile:
        if name not in self._files:
            self._files[name] = self.array(name)
        return self._files[name]

    @cached_property
    def _matrices(self) -> dict[tuple[str, str], NDArray[Any]]:
        return {}

    @cached_property
    def _files(self) -> dict[str, ArrayFile]:
        return {}

    def blocks(self, name: str, start: int, stop: int) -> Iterator[NDArray[Any]]:
        """Rows start:stop of a file, a few megabytes at a time."""
        file = self.array(name)
        step = max(1, BLOCK // max(1, int(np.prod(file.shape[1:])) * file.dtype.itemsize))
        for at in range(start, stop, step):
            yield file.read(at, min(at + step, stop))

    def problems(self) -> list[str]:
        """What is missing or damaged: the checksum of every file is recomputed."""
        try:
            files = self.header["files"]
        except FormatError as error:
            return [error.what]
        found = []
        for name, written in files.items():
            path = self.folder / name
            if not path.is_file():
                found.append(f"{path} is missing")
            elif _sha256(path) != written["sha256"]:
                found.append(f"{path} is damaged: its checksum differs")
        return found


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
