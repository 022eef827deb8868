"""The SQLite part of a map: which photos, where, in which segment; what was left out; calibration.

WAL with `synchronous=FULL`: a committed transaction survives a power failure, and readers see the last
commit while one writer continues.
"""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import numpy as np

from placeprint.arrays import Int64
from placeprint.errors import FormatError
from placeprint.geo import GeoPoint, distances
from placeprint.geo.nearby import boxes_around
from placeprint.placemap.storage.manifest import RESTORE

APPLICATION = 0x504C4D50
"""SQLite's `application_id` of placeprint's files ("PLMP"): an empty file is not an empty map."""

PATIENCE = 30.0
"""Seconds to wait for another connection."""

LONGEST_VALUE = 16 << 20
"""Bytes of the longest text; a damaged length must not fill the memory."""

SCHEMA = f"""
PRAGMA journal_mode = WAL;
BEGIN;
CREATE TABLE segments (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  rows INTEGER NOT NULL, dim INTEGER NOT NULL, bytes INTEGER NOT NULL, checksum TEXT NOT NULL
);
CREATE TABLE photos (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  path NOT NULL UNIQUE,
  lat REAL NOT NULL, lon REAL NOT NULL, altitude REAL,
  heading REAL, time TEXT, panorama TEXT,
  size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, sha256 TEXT NOT NULL,
  checksum INTEGER NOT NULL, details TEXT,
  segment INTEGER NOT NULL REFERENCES segments(number), row INTEGER NOT NULL,
  UNIQUE (segment, row)
);
CREATE VIRTUAL TABLE positions USING rtree(id, south, north, west, east);
CREATE TABLE skipped (path PRIMARY KEY, reason TEXT NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE calibration (id INTEGER PRIMARY KEY CHECK (id = 1), content TEXT NOT NULL);
PRAGMA application_id = {APPLICATION};
COMMIT;
"""


def create_database(path: Path) -> None:
    """Write an empty database, replacing whatever is there."""
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(SCHEMA)


def connect_for_writing(path: Path) -> sqlite3.Connection:
    """Open `photos.db`, which must exist. Raises `FormatError`, `sqlite3.Error`."""
    if not path.is_file():
        raise FormatError(f"{path} is missing", RESTORE)
    connection = _open(path, "mode=rw")
    try:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        if not has_details(connection):  # a map of the first releases, which goes on reading it
            connection.execute("ALTER TABLE photos ADD COLUMN details TEXT")
    except BaseException:
        connection.close()
        raise
    return connection


def has_details(connection: sqlite3.Connection) -> bool:
    """Whether the photos have the column `details`, which maps of the first releases lack."""
    return any(row[1] == "details" for row in connection.execute("PRAGMA table_info(photos)"))


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection in one read transaction: everything read through it belongs to the same moment.

    On a read-only disk SQLite cannot open a WAL database; it is then read as it is, together with the log
    that a killed writer may have left. Raises `FormatError`, `sqlite3.Error`.
    """
    if not path.is_file():
        raise FormatError(f"{path} is missing", RESTORE)
    try:
        connection = _open(path, "mode=ro")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            raise
        with _unwritable(path) as connection:
            yield connection
        return
    with closing(connection):
        yield connection


def check_pages(database: sqlite3.Connection, path: Path) -> None:
    """Raises `FormatError` if the database's own pages contradict one another: rows could be lost, or a
    search among them never end. Cheap: SQLite looks at each page once, and compares no contents.
    """
    for (line,) in database.execute("PRAGMA quick_check(1)"):
        if line != "ok":
            raise FormatError(f"{path} is damaged ({line})", RESTORE)


def within(database: sqlite3.Connection, point: GeoPoint, meters: float) -> Int64:
    """Ids, ascending, of the photos at a geodesic distance of at most `meters`."""
    query = (
        "SELECT p.id, p.lat, p.lon FROM positions AS r JOIN photos AS p ON p.id = r.id"
        " WHERE r.north >= ? AND r.south <= ? AND r.east >= ? AND r.west <= ?"
    )
    rows = {row for box in boxes_around(point, meters) for row in database.execute(query, box)}
    found = np.array(sorted(rows), np.float64).reshape(-1, 3)
    near = distances((point.lat, point.lon), found[:, 1:]) <= meters
    ids: Int64 = found[near, 0].astype(np.int64)
    return ids


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # SQLite may already have rolled back
            connection.execute("ROLLBACK")
        raise


@contextmanager
def _unwritable(path: Path) -> Iterator[sqlite3.Connection]:
    log = path.with_name(f"{path.name}-wal")
    if not (log.exists() and log.stat().st_size):
        with closing(_open(path, "mode=ro&immutable=1")) as connection:
            yield connection
        return
    with tempfile.TemporaryDirectory(prefix="placeprint-") as folder:
        copy = Path(folder) / path.name
        shutil.copyfile(path, copy)
        shutil.copyfile(log, copy.with_name(log.name))
        with closing(_open(copy, "mode=rw")) as connection:
            yield connection


def _open(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"file:{quote(str(path.absolute()))}?{mode}"
    connection = sqlite3.connect(
        uri, uri=True, timeout=PATIENCE, isolation_level=None, check_same_thread=False
    )
    try:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
        connection.execute("PRAGMA cell_size_check = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
        if "ro" in mode:
            connection.execute("BEGIN")
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        connection.close()
        raise
    if application != APPLICATION:
        connection.close()
        raise FormatError(f"{path} is not the database of a place map", RESTORE)
    return connection
