"""A map at one moment, for reading: rows from SQLite, arrays from the segments."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float64, Int64
from placeprint.errors import FormatError
from placeprint.placemap.storage.entry import Batch as Batch
from placeprint.placemap.storage.entry import Entry as Entry
from placeprint.placemap.storage.faults import MEND, Fault, Known, photos_left_out
from placeprint.placemap.storage.lock import Hold
from placeprint.placemap.storage.manifest import DATABASE
from placeprint.placemap.storage.records import columns_of, read_calibration, segment_rows
from placeprint.placemap.storage.segment import Segment
from placeprint.placemap.storage.segments import folder_name
from placeprint.representations import Column


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The photos of a map in order of id; row i of every array is `entries[i]`.

    Later writes do not change it. As long as it exists, the files it reads are not deleted (`hold`).
    Photos of which something is damaged are not among them; `damage` says which files, as sentences.
    """

    entries: Sequence[Entry]
    segments: Sequence[Segment]
    segment_of: Int64
    row_of: Int64
    hold: Hold
    columns: Sequence[Column]
    calibration: Mapping[str, Any]
    damage: tuple[str, ...] = ()

    @classmethod
    def read(
        cls, database: sqlite3.Connection, folder: Path, columns: Sequence[Column], known: Known
    ) -> Self:
        """Through one read transaction. `known`: faults found before. Raises `FormatError` if nothing of the
        map is sound, and `FileNotFoundError` if a segment is gone, which happens while a writer joins
        segments.
        """
        found = segment_rows(database)
        query = f"SELECT segment, row, {columns_of(database)} FROM photos ORDER BY id"
        rows = database.execute(query).fetchall()
        hold = Hold(folder / folder_name(segment.number) for segment in found)
        segments = [Segment(folder, segment.number, segment.checksum) for segment in found]
        at = {segment.number: i for i, segment in enumerate(found)}
        faults = {i: [*known.of(s.number), *s.faults(columns)] for i, s in enumerate(segments)}
        damage: dict[str, int] = dict.fromkeys((f.what for some in faults.values() for f in some), 0)
        bad_rows = f"{folder.parent / DATABASE} is damaged: rows of it are not what was written"
        kept: list[tuple[Entry, int, int]] = []
        for row in rows:
            entry, place = _entry(row), at.get(row[0])
            if entry is None or place is None or type(row[1]) is not int:
                damage[bad_rows] = damage.get(bad_rows, 0) + 1
                continue
            fault = _fault(faults[place], segments[place], row[1], entry.id)
            if fault is None:
                kept.append((entry, place, row[1]))
            else:
                damage[fault] = damage.get(fault, 0) + 1
        sentences = tuple(photos_left_out(what, count) for what, count in damage.items())
        if rows and not kept:
            raise FormatError(sentences[0], MEND)
        return cls(
            [entry for entry, _, _ in kept],
            segments,
            np.array([place for _, place, _ in kept], np.int64),
            np.array([row for _, _, row in kept], np.int64),
            hold,
            columns,
            read_calibration(database),
            sentences,
        )

    def __len__(self) -> int:
        return len(self.entries)

    @cached_property
    def ids(self) -> Int64:
        """(n,) ascending."""
        return np.array([e.id for e in self.entries], np.int64)

    @cached_property
    def positions(self) -> Float64:
        """(n, 2) latitude and longitude in degrees."""
        return np.array([(e.lat, e.lon) for e in self.entries], np.float64).reshape(-1, 2)

    @cached_property
    def headings(self) -> Float64:
        """(n,) degrees clockwise from north, NaN where unknown."""
        return np.array([np.nan if e.heading is None else e.heading for e in self.entries], np.float64)

    def matrix(self, name: str) -> NDArray[Any]:
        """(n, ...) of a column with one array that is not ragged, such as dense vectors.

        A single segment is memory-mapped; several are copied together.
        """
        parts = list(self.blocks(name))
        if not parts:
            (spec,) = self.column(name).kind.arrays.values()
            return np.zeros((0, *(spec.shape or ())), spec.dtype)
        ids = np.concatenate([ids for ids, _ in parts])
        if len(parts) == 1 and np.array_equal(ids, self.ids):
            return parts[0][1]
        first = parts[0][1]
        rows = np.empty((len(self), *first.shape[1:]), first.dtype)
        for some, block in parts:
            rows[np.searchsorted(self.ids, some)] = block
        return rows

    def blocks(self, name: str) -> Iterator[tuple[Int64, NDArray[Any]]]:
        """(ids, rows of `matrix`) of each segment, memory-mapped unless some of its photos were removed."""
        (array,) = self.column(name).kind.arrays
        for number, segment in enumerate(self.segments):
            mine = np.flatnonzero(self.segment_of == number)
            if not len(mine):  # damaged as a whole
                continue
            rows = self.row_of[mine]
            untouched = np.array_equal(rows, np.arange(segment.rows))
            whole = segment.matrix(name, array)
            yield self.ids[mine], whole if untouched else whole[rows]

    def column(self, name: str) -> Column:
        """A column by name. Raises `FormatError` if the map has no such column."""
        for column in self.columns:
            if column.name == name:
                return column
        there = ", ".join(column.name for column in self.columns)
        raise FormatError(f"the map stores no column {name!r}, only {there}", "Build it with that one.")

    def value(self, name: str, row: int) -> Any:
        """The value of photo `row` of this snapshot in a column; None if it has none."""
        return self._segment(row).value(self.column(name), int(self.row_of[row]))

    def batch(self, rows: Sequence[int]) -> Batch:
        """Some photos with everything stored about them."""
        columns = {c.name: [self.value(c.name, row) for row in rows] for c in self.columns}
        return Batch([self.entries[i] for i in rows], columns)

    def _segment(self, row: int) -> Segment:
        return self.segments[int(self.segment_of[row])]


def _entry(row: Sequence[Any]) -> Entry | None:
    try:
        return Entry.checked(row[2:])
    except (ValueError, TypeError, AttributeError):
        return None


def _fault(faults: Sequence[Fault], segment: Segment, row: int, id: int) -> str | None:
    """Why this photo cannot be used."""
    for fault in faults:
        if fault.rows is None or row in fault.rows:
            return fault.what
    if not 0 <= row < segment.rows or segment.ids[row] != id:
        return f"{segment.folder} does not contain what photos.db says"
    return None
