"""A map at one moment, for reading: rows from SQLite, arrays from the segments."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np

from placeprint.arrays import Float32, Float64, Int64
from placeprint.errors import FormatError
from placeprint.features import LocalFeatures
from placeprint.placemap.storage.entry import Batch as Batch
from placeprint.placemap.storage.entry import Entry as Entry
from placeprint.placemap.storage.lock import Hold
from placeprint.placemap.storage.manifest import RESTORE
from placeprint.placemap.storage.records import COLUMN_LIST, segment_rows
from placeprint.placemap.storage.segment import Segment
from placeprint.placemap.storage.segments import folder_name


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The photos of a map in order of their ids; row i of every array is `entries[i]`.

    Later writes change nothing in it. While it lives, the files it reads are not deleted (`hold`).
    """

    entries: Sequence[Entry]
    segments: Sequence[Segment]
    segment_of: Int64
    row_of: Int64
    hold: Hold

    @classmethod
    def read(cls, database: sqlite3.Connection, folder: Path) -> Self:
        """Through one read transaction. Raises `FormatError` where rows and segments disagree, and
        `FileNotFoundError` where a segment has gone, which happens while a writer joins segments."""
        found = segment_rows(database)
        rows = database.execute(f"SELECT {COLUMN_LIST}, segment, row FROM photos ORDER BY id").fetchall()
        hold = Hold(folder / folder_name(segment.number) for segment in found)
        at = {segment.number: i for i, segment in enumerate(found)}
        snapshot = cls(
            [Entry.from_row(row[:-2]) for row in rows],
            [Segment(folder, segment.number, segment.checksum) for segment in found],
            np.array([at[row[-2]] for row in rows], np.int64),
            np.array([row[-1] for row in rows], np.int64),
            hold,
        )
        for number, segment in enumerate(snapshot.segments):
            mine = snapshot.segment_of == number
            mine_ids, mine_rows = snapshot.ids[mine], snapshot.row_of[mine]
            if mine_rows.max(initial=-1) >= segment.rows or (segment.ids[mine_rows] != mine_ids).any():
                raise FormatError(f"{segment.folder} does not hold what photos.db says", RESTORE)
        return snapshot

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

    def vectors(self) -> Float32:
        """(n, dim). A map of one segment is memory-mapped; of several, copied together."""
        parts = list(self.vector_blocks())
        if not parts:
            return np.zeros((0, 0), np.float32)
        ids = np.concatenate([ids for ids, _ in parts])
        if len(parts) == 1 and np.array_equal(ids, self.ids):
            return parts[0][1]
        vectors = np.empty((len(self), parts[0][1].shape[1]), np.float32)
        for some, block in parts:
            vectors[np.searchsorted(self.ids, some)] = block
        return vectors

    def vector_blocks(self) -> Iterator[tuple[Int64, Float32]]:
        """(ids, vectors) of each segment, memory-mapped unless some of its photos were removed."""
        for number, segment in enumerate(self.segments):
            mine = np.flatnonzero(self.segment_of == number)
            rows = self.row_of[mine]
            untouched = np.array_equal(rows, np.arange(segment.rows))
            yield self.ids[mine], segment.vectors if untouched else segment.vectors[rows]

    def features(self, row: int) -> LocalFeatures | None:
        """Local features of photo `row` of this snapshot; None where none were kept."""
        return self._segment(row).features(int(self.row_of[row]))

    def thumbnail(self, row: int) -> bytes:
        """JPEG bytes of photo `row` of this snapshot."""
        return self._segment(row).thumbnail(int(self.row_of[row]))

    def batch(self, rows: Sequence[int]) -> Batch:
        """Some photos with all that is stored of them."""
        return Batch(
            [self.entries[i] for i in rows],
            np.stack([self._segment(i).vectors[self.row_of[i]] for i in rows]),
            [self.features(i) for i in rows],
            [self.thumbnail(i) for i in rows],
        )

    def _segment(self, row: int) -> Segment:
        return self.segments[int(self.segment_of[row])]
