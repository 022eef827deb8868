"""A map at one moment, for reading: rows from SQLite, arrays memory-mapped from the segments."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from placeprint.features import LocalFeatures
from placeprint.geo import GeoPoint
from placeprint.photos import PhotoRecord
from placeprint.placemap.segments import Segment


@dataclass(frozen=True)
class Entry:
    """One reference photo as the map knows it. `id` is 0 until it is stored."""

    path: str
    lat: float
    lon: float
    altitude: float | None
    heading: float | None
    time: str | None
    panorama: str | None
    size: int
    mtime_ns: int
    sha256: str
    id: int = field(default=0, compare=False)

    @classmethod
    def of(cls, record: PhotoRecord, size: int, mtime_ns: int, sha256: str) -> Self:
        """From a listed photo with a position, and its file."""
        point = record.point
        if point is None:
            raise ValueError(f"{record.path} has no position")
        time = None if record.time is None else record.time.isoformat()
        return cls(
            str(record.path), point.lat, point.lon, point.altitude, record.heading, time, record.panorama,
            size, mtime_ns, sha256,
        )  # fmt: skip

    @property
    def record(self) -> PhotoRecord:
        """As a listed photo."""
        time = None if self.time is None else datetime.fromisoformat(self.time)
        point = GeoPoint(self.lat, self.lon, self.altitude)
        return PhotoRecord(Path(self.path), point, self.heading, time, self.panorama)

    def fields(self) -> dict[str, Any]:
        """Column by column, without the id."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "id"}


COLUMNS = ", ".join(f.name for f in fields(Entry))


@dataclass(frozen=True)
class Batch:
    """Photos to store: entries, vectors (n, dim), and for each its features and JPEG thumbnail."""

    entries: Sequence[Entry]
    vectors: NDArray[np.float32]
    features: Sequence[LocalFeatures | None]
    thumbnails: Sequence[bytes]

    def select(self, rows: Sequence[int]) -> "Batch":
        """Some of the photos."""
        return Batch(
            [self.entries[i] for i in rows],
            self.vectors[list(rows)],
            [self.features[i] for i in rows],
            [self.thumbnails[i] for i in rows],
        )


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The photos of a map in order of their ids; row i of every array is `entries[i]`."""

    entries: Sequence[Entry]
    segments: Sequence[Segment]
    segment_of: NDArray[np.int64]
    row_of: NDArray[np.int64]

    @classmethod
    def read(cls, database: sqlite3.Connection, folder: Path) -> Self:
        """One consistent look at the map: a single read transaction."""
        database.execute("BEGIN")
        try:
            names = database.execute("SELECT id, name FROM segments ORDER BY id").fetchall()
            rows = database.execute(f"SELECT {COLUMNS}, segment, row FROM photos ORDER BY id").fetchall()
        finally:
            database.execute("COMMIT")
        number = {segment: at for at, (segment, _) in enumerate(names)}
        return cls(
            [Entry(*row[:-2]) for row in rows],
            [Segment(folder / name) for _, name in names],
            np.array([number[row[-2]] for row in rows], np.int64),
            np.array([row[-1] for row in rows], np.int64),
        )

    def __len__(self) -> int:
        return len(self.entries)

    @cached_property
    def ids(self) -> NDArray[np.int64]:
        """(n,) ascending."""
        return np.array([e.id for e in self.entries], np.int64)

    @cached_property
    def positions(self) -> NDArray[np.float64]:
        """(n, 2) latitude and longitude in degrees."""
        return np.array([(e.lat, e.lon) for e in self.entries], np.float64).reshape(-1, 2)

    @cached_property
    def headings(self) -> NDArray[np.float64]:
        """(n,) degrees clockwise from north, NaN where unknown."""
        return np.array([np.nan if e.heading is None else e.heading for e in self.entries], np.float64)

    def vectors(self) -> NDArray[np.float32]:
        """(n, dim). A map of one segment is memory-mapped; of several, copied together."""
        if len(self.segments) == 1 and np.array_equal(self.row_of, np.arange(len(self.segments[0].vectors))):
            return self.segments[0].vectors
        if not len(self):
            return np.zeros((0, 0), np.float32)
        out = np.empty((len(self), self.segments[0].vectors.shape[1]), np.float32)
        for number, segment in enumerate(self.segments):
            mine = self.segment_of == number
            out[mine] = segment.vectors[self.row_of[mine]]
        return out

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
