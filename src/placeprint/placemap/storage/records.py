"""The statements that a map runs on its database; each one that changes something runs in a transaction."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from placeprint.arrays import Int64
from placeprint.errors import FormatError
from placeprint.placemap.storage.database import has_details
from placeprint.placemap.storage.entry import COLUMNS, Entry, decode_path, encode_path, row_checksum
from placeprint.placemap.storage.manifest import RESTORE, unseal

COLUMN_LIST = ", ".join(COLUMNS)


@dataclass(frozen=True)
class SegmentRow:
    """A segment as known to the database: the checksum of its header makes the folder trusted."""

    number: int
    rows: int
    dim: int
    bytes: int
    checksum: str


def count(database: sqlite3.Connection) -> int:
    """Photos in the map."""
    return int(database.execute("SELECT count(*) FROM photos").fetchone()[0])


def segment_count(database: sqlite3.Connection) -> int:
    """Segments that contain photos."""
    return int(database.execute("SELECT count(*) FROM segments").fetchone()[0])


def read_calibration(database: sqlite3.Connection) -> dict[str, Any]:
    """What was stored, or {}. Raises `FormatError` if it is damaged."""
    row = database.execute("SELECT content FROM calibration").fetchone()
    content = {} if row is None else unseal(row[0])
    if content is None:
        (_, _, file) = database.execute("PRAGMA database_list").fetchone()
        raise FormatError(f"{file} is damaged: the calibration's checksum differs", RESTORE)
    return content


def last(database: sqlite3.Connection, table: str, column: str) -> int:
    """The highest number ever assigned in a table, including removed rows."""
    (given,) = database.execute(
        f"SELECT max(coalesce((SELECT seq FROM sqlite_sequence WHERE name = '{table}'), 0),"
        f" coalesce((SELECT max({column}) FROM {table}), 0))"
    ).fetchone()
    return int(given)


def entries(database: sqlite3.Connection) -> list[Entry]:
    """All photos in order of id."""
    found = database.execute(f"SELECT {columns_of(database)} FROM photos ORDER BY id")
    return [Entry.checked(row) for row in found]


def columns_of(database: sqlite3.Connection) -> str:
    """What `Entry.checked` takes, as this database has it."""
    return f"{COLUMN_LIST}, checksum, details" if has_details(database) else f"{COLUMN_LIST}, checksum"


def segment_rows(database: sqlite3.Connection) -> list[SegmentRow]:
    """All segments in order of number."""
    found = database.execute("SELECT number, rows, dim, bytes, checksum FROM segments ORDER BY number")
    return [SegmentRow(*row) for row in found]


def kept_rows(database: sqlite3.Connection, segment: int) -> Int64:
    """(k, 2) row and id of the photos that a segment still has, in order of the rows."""
    found = database.execute("SELECT row, id FROM photos WHERE segment = ? ORDER BY row", (segment,))
    return np.array(found.fetchall(), np.int64).reshape(-1, 2)


def insert_segment(database: sqlite3.Connection, segment: SegmentRow) -> None:
    """Register a segment whose folder is in place."""
    row = (segment.number, segment.rows, segment.dim, segment.bytes, segment.checksum)
    database.execute("INSERT INTO segments (number, rows, dim, bytes, checksum) VALUES (?, ?, ?, ?, ?)", row)


def insert_photos(
    database: sqlite3.Connection, segment: int, photos: Sequence[Entry], ids: Sequence[int]
) -> None:
    """Photos in rows 0, 1, ... of a segment; earlier entries with the same paths are replaced."""
    _forget(database, "path", [(e.key,) for e in photos])
    database.executemany("DELETE FROM skipped WHERE path = ?", [(encode_path(e.path),) for e in photos])
    marks = ", ".join("?" * (len(COLUMNS) + 4))
    database.executemany(
        f"INSERT INTO photos ({COLUMN_LIST}, checksum, details, segment, row) VALUES ({marks})",
        [(*e.to_row(i), e.details, segment, row) for row, (e, i) in enumerate(zip(photos, ids, strict=True))],
    )
    database.executemany(
        "INSERT INTO positions VALUES (?, ?, ?, ?, ?)",
        [(i, e.lat, e.lat, e.lon, e.lon) for e, i in zip(photos, ids, strict=True)],
    )


def update_photos(database: sqlite3.Connection, photos: Iterable[Entry]) -> None:
    """New values for photos that keep their ids and rows."""
    names = [*COLUMNS[:-1], "checksum", "details"]
    photos = list(photos)
    # Photos may exchange their paths, which are unique: first give them up.
    given_up = [(f"\0{entry.id}", entry.id) for entry in photos]
    database.executemany("UPDATE photos SET path = ? WHERE id = ?", given_up)
    for entry in photos:
        *values, _, checksum = entry.to_row(entry.id)
        # A photo may move to where another one was: that one is then gone.
        gone = "SELECT id FROM photos WHERE path = ? AND id <> ?"
        for (other,) in database.execute(gone, (values[0], entry.id)).fetchall():
            delete_photos(database, [other])
        database.execute("DELETE FROM skipped WHERE path = ?", (encode_path(entry.path),))
        database.execute(
            f"UPDATE photos SET {', '.join(f'{name} = ?' for name in names)} WHERE id = ?",
            (*values, checksum, entry.details, entry.id),
        )
        database.execute(
            "UPDATE positions SET south = ?, north = ?, west = ?, east = ? WHERE id = ?",
            (entry.lat, entry.lat, entry.lon, entry.lon, entry.id),
        )


def move_photos(database: sqlite3.Connection, segment: int, ids: Sequence[int]) -> None:
    """The photos `ids` are now in rows 0, 1, ... of a segment."""
    moved = [(segment, row, int(i)) for row, i in enumerate(ids)]
    database.executemany("UPDATE photos SET segment = ?, row = ? WHERE id = ?", moved)
    _drop_empty_segments(database)


def delete_photos(database: sqlite3.Connection, ids: Iterable[int]) -> None:
    """Unknown ids are ignored."""
    _forget(database, "id", [(int(i),) for i in ids])
    _drop_empty_segments(database)


def _forget(database: sqlite3.Connection, column: str, values: Sequence[tuple[str | bytes | int]]) -> None:
    query = f"DELETE FROM positions WHERE id IN (SELECT id FROM photos WHERE {column} = ?)"
    database.executemany(query, values)
    database.executemany(f"DELETE FROM photos WHERE {column} = ?", values)


def _drop_empty_segments(database: sqlite3.Connection) -> None:
    empty = "NOT EXISTS (SELECT 1 FROM photos WHERE segment = segments.number)"
    database.execute(f"DELETE FROM segments WHERE {empty}")


def insert_skipped(database: sqlite3.Connection, photos: Iterable[tuple[str, str]]) -> None:
    """(path, reason); a path noted before gets the new reason."""
    rows = [(encode_path(path), reason) for path, reason in photos]
    database.executemany(
        "INSERT OR REPLACE INTO skipped VALUES (?, ?, ?)", [(*row, row_checksum(row)) for row in rows]
    )


def skipped(database: sqlite3.Connection) -> list[tuple[str, str]]:
    """(path, reason) of photos that are not in the map."""
    query = "SELECT path, reason, checksum FROM skipped WHERE path NOT IN (SELECT path FROM photos)"
    rows = database.execute(query).fetchall()
    if any(row_checksum(row[:-1]) != row[-1] for row in rows):
        raise ValueError("the checksum of a photo left out differs")
    return sorted((decode_path(path), str(reason)) for path, reason, _ in rows)
