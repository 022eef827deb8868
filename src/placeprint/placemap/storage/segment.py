"""A written segment, opened for reading. Few files stay open, because a map may have hundreds of segments."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Int64
from placeprint.errors import FormatError
from placeprint.placemap.storage.array_file import ArrayFile, read_header, sha256_of
from placeprint.placemap.storage.faults import DamagedSegmentError, Fault
from placeprint.placemap.storage.header import FileFacts, SegmentHeader, read_segment_header
from placeprint.placemap.storage.segments import VERSION_1, folder_name
from placeprint.representations import Column

MAPPED = 8 << 20
"""Vectors of at least this many bytes are memory-mapped, which costs an open file; others are read."""

BLOCK = 16 << 20
"""Bytes read at a time when a segment is copied."""


@dataclass(frozen=True)
class Segment:
    """Segment `number` in the folder `parent`; `checksum` is that of its header, from the database.

    Nothing that is read is believed before its checksum was verified; any method may raise
    `DamagedSegmentError`.
    """

    parent: Path
    number: int
    checksum: str

    @property
    def folder(self) -> Path:
        """The folder of its files."""
        return self.parent / folder_name(self.number)

    @cached_property
    def header(self) -> SegmentHeader:
        """The content of `segment.json`."""
        try:
            return read_segment_header(self.folder, self.checksum)
        except FormatError as error:
            if error.mend:
                raise
            raise self._damaged(error.what) from error

    @property
    def rows(self) -> int:
        """Photos, including removed ones."""
        return self.header.rows

    def array(self, name: str) -> ArrayFile:
        """A file of the segment, whose size is right."""
        if name not in self._files:
            path = self.folder / f"{name}.npy"
            with self._reading(path):
                self._files[name] = self._array(path, self._facts(path.name))
        return self._files[name]

    def _array(self, path: Path, facts: FileFacts) -> ArrayFile:
        if path.stat().st_size != facts.bytes:
            raise ValueError("its size differs from when it was written")
        if facts.crc32:
            return ArrayFile(path, facts.numbers, tuple(facts.shape), facts.offset, facts.crc32)
        if sha256_of(path) != facts.sha256:
            raise ValueError("its checksum differs")
        dtype, shape, offset = read_header(path)
        return ArrayFile(path, dtype, shape, offset)

    def _facts(self, name: str) -> FileFacts:
        if name not in self.header.files:
            raise ValueError("the segment's header does not name it")
        return self.header.files[name]

    @cached_property
    def ids(self) -> Int64:
        """(rows,) of the photos, including removed ones."""
        return np.asarray(self._rows("ids", 0, self.rows))

    def name_of(self, column: str, array: str) -> str:
        """Name of the file with an array of a column."""
        name = f"{column}.{array}"
        return VERSION_1.get(name, name) if self.header.version == 1 else name

    def matrix(self, column: str, array: str) -> NDArray[Any]:
        """(rows, ...) of an array that is not ragged, memory-mapped if large. Only `faults` verifies it."""
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
                parts[name] = self._part(column.name, name, row, start, stop)
            else:
                parts[name] = self.matrix(column.name, name)[row]
        return column.kind.unpack(parts)

    def _part(self, column: str, array: str, row: int, start: int, stop: int) -> NDArray[Any]:
        """What a photo has in a ragged array. Where that is damaged, the error names all photos that this
        file costs: whoever goes on without them meets each file once.
        """
        file = self.array(self.name_of(column, array))
        try:
            return file.read(start, stop)
        except (OSError, ValueError, MemoryError) as error:
            starts = self.starts(column)
            with self._reading(file.path):
                bad = np.array(sorted(file.bad_rows()), np.int64) if file.crc32 else np.zeros(0, np.int64)
            photos = {row, *(np.searchsorted(starts, bad, side="right") - 1).tolist()}
            what = f"{file.path} is missing or damaged ({getattr(error, 'strerror', None) or error})"
            raise DamagedSegmentError(Fault(self.number, what, frozenset(photos))) from error

    def _rows(self, name: str, start: int, stop: int) -> NDArray[Any]:
        file = self.array(name)
        with self._reading(file.path):
            return file.read(start, stop)

    def _matrix(self, name: str) -> NDArray[Any]:
        file = self.array(name)
        with self._reading(file.path):
            if self.header.files[file.path.name].bytes >= MAPPED:
                return np.memmap(file.path, file.dtype, "r", file.offset, file.shape)
            rows = np.fromfile(file.path, file.dtype, -1, offset=file.offset).reshape(file.shape)
            rows.flags.writeable = False
            return rows

    @cached_property
    def _matrices(self) -> dict[tuple[str, str], NDArray[Any]]:
        return {}

    @cached_property
    def _files(self) -> dict[str, ArrayFile]:
        return {}

    def blocks(self, name: str, start: int, stop: int) -> Iterator[NDArray[Any]]:
        """Rows start:stop of a file, a few megabytes at a time."""
        step = max(1, BLOCK // max(1, self.array(name).width))
        for at in range(start, stop, step):
            yield self._rows(name, at, min(at + step, stop))

    def faults(self, columns: Sequence[Column]) -> list[Fault]:
        """What is wrong with all that is small: the header, the numbers of rows, every array that is not
        ragged, the sizes of those that are. What is inside these is verified when it is read.
        """
        found: list[Fault] = []
        try:
            _ = self.ids
            for column in columns:
                found += self._faults(column)
        except DamagedSegmentError as error:
            return [error.fault]
        return found

    def _faults(self, column: Column) -> Iterator[Fault]:
        total = self.rows
        if column.ragged:
            counts = self._rows(self.name_of(column.name, "counts"), 0, self.rows)
            self._matrices[column.name, "counts"] = counts
            total = int(self.starts(column.name)[-1])
        for name, spec in column.kind.arrays.items():
            file = self.array(self.name_of(column.name, name))
            with self._reading(file.path):
                expected = np.dtype(spec.dtype) if spec.dtype is not None else file.dtype
                if file.shape[:1] != (total if spec.ragged else self.rows,) or file.dtype != expected:
                    raise ValueError("it is not an array of the photos")
                if spec.shape not in (None, file.shape[1:]):
                    raise ValueError("it is not an array of this column")
                if not spec.ragged and file.crc32 and (bad := file.bad_rows()):
                    yield Fault(self.number, f"{file.path} is damaged: its checksum differs", bad)

    def problems(self) -> list[str]:
        """What is missing or damaged: the checksum of every file is recomputed."""
        try:
            files = self.header.files
        except FormatError as error:
            return [error.what]
        found = []
        for name, written in files.items():
            path = self.folder / name
            if not path.is_file():
                found.append(f"{path} is missing")
            elif sha256_of(path) != written.sha256:
                found.append(f"{path} is damaged: its checksum differs")
        return found

    @contextmanager
    def _reading(self, path: Path) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError, MemoryError) as error:
            what = f"{path} is missing or damaged ({getattr(error, 'strerror', None) or error})"
            raise DamagedSegmentError(Fault(self.number, what)) from error

    def _damaged(self, what: str) -> DamagedSegmentError:
        return DamagedSegmentError(Fault(self.number, what))
