"""A place map on disk: `map.json`, `photos.db`, `segments/`; what was acknowledged is never lost.

A batch is a segment folder, renamed into place, then one SQLite transaction that registers it. Whatever a
killed writer leaves behind (a segment without a row) is removed by the next writer. One writer holds
`map.lock`; readers continue meanwhile, and need no write permission.
"""

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import numpy as np
from filelock import FileLock

from placeprint.arrays import Int64
from placeprint.artifact import interpreting
from placeprint.errors import FormatError, PlaceprintError
from placeprint.geo import GeoPoint
from placeprint.placemap.storage import records, segments
from placeprint.placemap.storage.database import (
    PATIENCE,
    check_pages,
    connect_for_writing,
    reading,
    transaction,
    within,
)
from placeprint.placemap.storage.disk_errors import DiskFullError, disk_errors, nonsense_is_damage
from placeprint.placemap.storage.entry import Batch, Entry
from placeprint.placemap.storage.faults import MEND, Fault, Known
from placeprint.placemap.storage.lock import lock_for_writing, unless_held
from placeprint.placemap.storage.manifest import (
    DATABASE,
    MANIFEST,
    RESTORE,
    SEGMENTS,
    read_manifest,
    seal,
    upgrade_manifest,
)
from placeprint.placemap.storage.segment import Segment
from placeprint.placemap.storage.segments import Stream, batch_streams, folder_name, write_segment
from placeprint.placemap.storage.snapshot import Snapshot
from placeprint.representations import column_from_dict

TIDY_AFTER = 32
"""New segments after which a writer joins small ones automatically."""

READ_WHOLE = 2 << 30
"""Bytes up to which a writer verifies the whole map first; in a larger one it leaves the inside of local
features and thumbnails to whoever reads them.
"""

ATTEMPTS = 5
"""Times that a snapshot starts over because a writer joined segments between its first two steps."""


class MapStore:
    """The files of one map. Use `create` or `open`; close it, or use it as a context manager.

    Any method may raise `FormatError` if the map is damaged; one that writes may raise `DiskFullError`, and
    then nothing of that call is stored but everything before it is. Methods may be called from several
    threads.
    """

    def __init__(self, path: Path, config: dict[str, Any], lock: FileLock | None) -> None:
        """Use `create` or `open`."""
        self.path = path
        self.config = config
        with interpreting(path / MANIFEST):
            self.columns = tuple(column_from_dict(said) for said in config["columns"])
        self._file_lock = lock
        self._writer: sqlite3.Connection | None = None
        self._one_at_a_time = threading.RLock()
        self._tidied = 0
        self._known = Known()

    @staticmethod
    def exists(path: Path) -> bool:
        """Whether `path` is a map, sound or not."""
        return (path / MANIFEST).is_file()

    @classmethod
    def create(cls, path: Path, config: dict[str, Any]) -> Self:
        """A new, empty map, open for writing. `config` is JSON and never changes afterwards; its "columns"
        are those of the photos (`Column.to_dict`).

        The folder may contain a `descriptor.npz` and leftovers of a killed `create`. Raises `PlaceprintError`
        if it is already a map or contains anything else.
        """
        from placeprint.placemap.storage.creation import check_is_free, create_files

        check_is_free(path)
        with disk_errors(path, lambda: 0):
            path.mkdir(parents=True, exist_ok=True)
            lock = lock_for_writing(path)
            try:
                check_is_free(path)  # another process may just have created it
                create_files(path, config)
            except BaseException:
                lock.release()
                raise
        return cls(path, config, lock)._opened()

    @classmethod
    def open(cls, path: Path, writable: bool = False) -> Self:
        """An existing map. Raises `FormatError` or, if another process is writing, `LockedError`.

        A map of layout version 1 is read as it is; opened for writing it is upgraded to version 2, which
        older versions of placeprint cannot read.
        """
        config = read_manifest(path)
        if not writable:
            store = cls(path, config, None)
            len(store)
            return store
        with disk_errors(path, lambda: 0):
            lock = lock_for_writing(path)
            upgrade_manifest(path)
        return cls(path, config, lock)._opened()

    def _opened(self) -> Self:
        try:
            with self._errors():
                self._writer = connect_for_writing(self.path / DATABASE)
                self._check_sound(self._writer)
                segments.delete_unfinished(self.path / SEGMENTS)
                self._sweep()
        except BaseException:
            self._let_go()
            raise
        return self

    def _check_sound(self, database: sqlite3.Connection) -> None:
        """Raises `FormatError` for a damaged map: what is written into it could be lost with it."""
        damage = list(self.snapshot().damage)
        rows = records.segment_rows(database)
        if sum(row.bytes for row in rows) <= READ_WHOLE:
            for row in rows:
                damage += Segment(self.path / SEGMENTS, row.number, row.checksum).problems()
        if damage:
            raise FormatError(f"nothing is written to a damaged map: {damage[0]}", MEND)

    def close(self) -> None:
        """Close the files and release the lock. Closing twice is allowed."""
        with self._one_at_a_time:
            if self._writer is not None:
                with suppress(sqlite3.Error, OSError):  # the next writer removes what is left
                    self._sweep()
            self._let_go()

    def _let_go(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        if self._file_lock is not None:
            self._file_lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        with self._reading() as database:
            return records.count(database)

    def append(self, batch: Batch) -> list[int]:
        """Store a batch; when this returns, it is on disk. An entry whose path is already in the map replaces
        the old one, under a new id. Returns the ids: 64-bit, never used again.
        """
        if not batch.entries:
            return []
        with self._writing() as database:
            first = records.last(database, "photos", "id") + 1
            ids = list(range(first, first + len(batch.entries)))
            with self._new_segment(database, batch_streams(ids, batch, self.columns)) as number:
                records.insert_photos(database, number, batch.entries, ids)
            if records.segment_count(database) - self._tidied >= TIDY_AFTER:
                with suppress(DiskFullError):  # the batch itself is stored
                    self.compact()
        return ids

    def remove(self, ids: Iterable[int]) -> None:
        """Remove photos; unknown ids are ignored. `compact` frees the space by rewriting their segment."""
        with self._writing() as database, transaction(database):
            records.delete_photos(database, ids)

    def update(self, entries: Iterable[Entry]) -> None:
        """Replace what is known of photos, by `id`: their paths, positions and times; not their columns."""
        with self._writing() as database, transaction(database):
            records.update_photos(database, entries)

    def compact(self) -> None:
        """Join small segments and drop what was removed; see `compaction.to_join`. Readers are not disturbed:
        what they have open stays until they release it.
        """
        from placeprint.placemap.storage.compaction import to_join

        with self._writing() as database:
            live = {row.number: len(records.kept_rows(database, row.number)) for row in self._segments()}
            if joined := to_join([(row, live[row.number]) for row in self._segments()]):
                self._join(database, joined)
            self._tidied = records.segment_count(database)
            self._sweep()

    def entries(self) -> list[Entry]:
        """Every stored photo, with its `id`, in order of id."""
        with self._reading() as database:
            return records.entries(database)

    def known(self) -> dict[str, Entry]:
        """Every stored photo by path (of one all around, its last view)."""
        return {entry.path: entry for entry in self.entries()}

    def note_skipped(self, photos: Iterable[tuple[str, str]]) -> None:
        """Remember (path, reason) of photos that are not in the map."""
        with self._writing() as database, transaction(database):
            records.insert_skipped(database, photos)

    def skipped(self) -> list[tuple[str, str]]:
        """(path, reason) of photos that were left out and not added since."""
        with self._reading() as database:
            return records.skipped(database)

    def set_calibration(self, content: dict[str, Any]) -> None:
        """Store, as JSON, what the map learned about its own answers."""
        with self._writing() as database, transaction(database):
            database.execute("INSERT OR REPLACE INTO calibration VALUES (1, ?)", (seal(content),))

    def calibration(self) -> dict[str, Any]:
        """What `set_calibration` stored, or {}. Raises `FormatError` if it is damaged."""
        with self._reading() as database:
            return records.read_calibration(database)

    def snapshot(self) -> Snapshot:
        """The map as it is now; later writes do not change it."""
        for _ in range(ATTEMPTS):
            with self._reading() as database, suppress(FileNotFoundError):
                check_pages(database, self.path / DATABASE)
                return Snapshot.read(database, self.path / SEGMENTS, self.columns, self._known)
        raise FormatError(f"{self.path / SEGMENTS} lacks segments that photos.db names", RESTORE)

    def leave_out(self, fault: Fault) -> None:
        """Snapshots to come leave out what a fault costs."""
        self._known.add(fault)

    def batches(self, size: int = 1024) -> Iterator[Batch]:
        """The whole content, `size` photos at a time, in the form that `append` takes."""
        snapshot = self.snapshot()
        for start in range(0, len(snapshot), size):
            yield snapshot.batch(range(start, min(start + size, len(snapshot))))

    def within(self, point: GeoPoint, meters: float) -> Int64:
        """Ids, ascending, of the photos within a geodesic distance of `meters` of `point`."""
        with self._reading() as database:
            return within(database, point, meters)

    def check_integrity(self) -> list[str]:
        """Everything that is damaged or missing, as sentences that name the file. Reads every byte."""
        from placeprint.placemap.storage.integrity import problems

        try:
            with self._reading() as database:
                return problems(database, self.path / DATABASE, self.path / SEGMENTS, self.columns)
        except FormatError as error:
            return [error.what]

    @contextmanager
    def _new_segment(self, database: sqlite3.Connection, streams: Mapping[str, Stream]) -> Iterator[int]:
        """Write a segment and register it; the block says, in the same transaction, what is in it."""
        parent = self.path / SEGMENTS
        number = 1 + max([records.last(database, "segments", "number"), *segments.numbers(parent)])
        checksum, size = write_segment(parent / folder_name(number), streams)
        rows = streams["ids"].shape[0]
        dim = int(np.prod(streams["vector.values"].shape[1:])) if "vector.values" in streams else 0
        try:
            with transaction(database):
                row = records.SegmentRow(number, rows, dim, size, checksum)
                records.insert_segment(database, row)
                yield number
        except BaseException:
            with suppress(sqlite3.Error, OSError):
                self._sweep()
            raise

    def _join(self, database: sqlite3.Connection, joined: Sequence[records.SegmentRow]) -> None:
        from placeprint.placemap.storage.compaction import joined_streams

        sources = [Segment(self.path / SEGMENTS, row.number, row.checksum) for row in joined]
        kept = [records.kept_rows(database, row.number) for row in joined]
        streams = joined_streams(sources, [rows[:, 0] for rows in kept], self.columns)
        with self._new_segment(database, streams) as number:
            records.move_photos(database, number, np.concatenate(kept)[:, 1].tolist())

    def _sweep(self) -> None:
        """Delete unregistered files: leftovers of killed writers, and joined segments that nobody reads."""
        parent = self.path / SEGMENTS
        named = {row.number for row in self._segments()}
        left = [number for number in segments.numbers(parent) if number not in named]
        # A failed commit may be complete in the log and come back: empty the log first.
        if left and self._log_emptied():
            for number in left:
                with unless_held(parent / folder_name(number)) as free:
                    if free:
                        segments.delete_segment(parent, number)

    def _log_emptied(self) -> bool:
        assert self._writer is not None
        self._writer.execute("PRAGMA busy_timeout = 0")  # if a reader is active, leave it
        (busy, _, _) = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        self._writer.execute(f"PRAGMA busy_timeout = {PATIENCE * 1000:.0f}")
        return not busy

    def _segments(self) -> list[records.SegmentRow]:
        assert self._writer is not None
        return records.segment_rows(self._writer)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._one_at_a_time, self._errors(), nonsense_is_damage(self.path):
            if self._writer is not None:
                yield self._writer
                return
            with reading(self.path / DATABASE) as database:
                yield database

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        if self._writer is None:
            raise PlaceprintError(f"{self.path} was opened for reading", "Open it with writable=True.")
        with self._one_at_a_time, self._errors():
            yield self._writer

    def _errors(self) -> AbstractContextManager[None]:
        return disk_errors(self.path, self._count)

    def _count(self) -> int:
        if self._writer is not None:
            return records.count(self._writer)
        with reading(self.path / DATABASE) as database:
            return records.count(database)
