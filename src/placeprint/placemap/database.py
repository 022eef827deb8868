"""The SQLite side of a map: which photos, where, in which segment; what was left out; calibration.

WAL with `synchronous=FULL`: a committed transaction survives a power cut, and readers see the last
commit while one writer goes on.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from placeprint.errors import FormatError

SCHEMA = """
CREATE TABLE IF NOT EXISTS segments (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT UNIQUE NOT NULL,
  rows INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS photos (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  path TEXT NOT NULL UNIQUE,
  lat REAL NOT NULL, lon REAL NOT NULL, altitude REAL,
  heading REAL, time TEXT, panorama TEXT,
  size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, sha256 TEXT NOT NULL,
  segment INTEGER NOT NULL REFERENCES segments(id), row INTEGER NOT NULL
);
CREATE VIRTUAL TABLE IF NOT EXISTS positions USING rtree(id, south, north, west, east);
CREATE TABLE IF NOT EXISTS skipped (path TEXT PRIMARY KEY, reason TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS calibration (id INTEGER PRIMARY KEY CHECK (id = 1), content TEXT NOT NULL);
"""


def connect(path: Path, writable: bool) -> sqlite3.Connection:
    """Open `photos.db`; a reader on a read-only disk reads it as it stands. Raises `FormatError`."""
    uris = (
        [f"{path.absolute().as_uri()}?mode=rwc"]
        if writable
        else [
            f"{path.absolute().as_uri()}?mode=ro",
            f"{path.absolute().as_uri()}?mode=ro&immutable=1",
        ]
    )
    failure: Exception | None = None
    for uri in uris:
        try:
            connection = sqlite3.connect(
                uri, uri=True, timeout=30.0, isolation_level=None, check_same_thread=False
            )
            connection.execute("PRAGMA foreign_keys=ON")
            if writable:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA synchronous=FULL")
                connection.executescript(SCHEMA)
            connection.execute("SELECT count(*) FROM photos, segments LIMIT 1").fetchone()
        except sqlite3.DatabaseError as error:
            failure = error
        else:
            return connection
    raise FormatError(
        f"{path} is damaged or cannot be read ({failure})", "Restore the map from a backup, or build it anew."
    )


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
