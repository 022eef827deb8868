"""What is damaged in a map: SQLite's own checks, checksums of rows and files, and whether they agree."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from placeprint.placemap.storage.database import has_details
from placeprint.placemap.storage.entry import COLUMNS, row_checksum
from placeprint.placemap.storage.manifest import unseal
from placeprint.placemap.storage.records import kept_rows, segment_rows
from placeprint.placemap.storage.segment import Segment
from placeprint.representations import Column


def problems(
    database: sqlite3.Connection, file: Path, segments: Path, columns: Sequence[Column]
) -> list[str]:
    """Sentences that each name a file; empty if all is well."""
    found: list[str] = []
    for check in (_structure, _rows, _positions, _skipped, _calibration):
        with _damage_noted(file, found):
            found += [f"{file}: {problem}" for problem in check(database)]
    with _damage_noted(file, found):
        found += _segments(database, segments, columns)
    return found


@contextmanager
def _damage_noted(file: Path, found: list[str]) -> Iterator[None]:
    """A database too damaged for a check is a finding, not the end of the examination."""
    try:
        yield
    except (sqlite3.DatabaseError, ValueError, TypeError, LookupError, ArithmeticError) as error:
        found.append(f"{file} is damaged ({error})")


def _structure(database: sqlite3.Connection) -> Iterator[str]:
    for query in ("PRAGMA integrity_check", "SELECT rtreecheck('positions')"):
        yield from (line for (line,) in database.execute(query) if line != "ok")
    for row in database.execute("PRAGMA foreign_key_check"):
        yield f"row {row[1]} of {row[0]} refers to a missing row of {row[2]}"


def _rows(database: sqlite3.Connection) -> Iterator[str]:
    for row in database.execute(f"SELECT {', '.join(COLUMNS)}, checksum FROM photos"):
        if row_checksum(row[:-1]) != row[-1]:
            yield f"photo {row[-2]} ({row[0]}) is damaged: its checksum differs"
    if has_details(database):
        for number, text in database.execute("SELECT id, details FROM photos WHERE details IS NOT NULL"):
            if unseal(text) is None:
                yield f"photo {number} is damaged: the checksum of its details differs"


def _positions(database: sqlite3.Connection) -> Iterator[str]:
    inside = "r.south <= p.lat AND r.north >= p.lat AND r.west <= p.lon AND r.east >= p.lon"
    query = (
        "SELECT p.id FROM photos AS p LEFT JOIN positions AS r ON r.id = p.id"
        f" WHERE r.id IS NULL OR NOT ({inside})"
        " UNION SELECT id FROM positions WHERE id NOT IN (SELECT id FROM photos)"
    )
    yield from (f"photo {number} is not at its place in the R-tree" for (number,) in database.execute(query))


def _skipped(database: sqlite3.Connection) -> Iterator[str]:
    for row in database.execute("SELECT path, reason, checksum FROM skipped"):
        if row_checksum(row[:-1]) != row[-1]:
            yield f"the note on {row[0]} is damaged: its checksum differs"


def _calibration(database: sqlite3.Connection) -> Iterator[str]:
    for (content,) in database.execute("SELECT content FROM calibration"):
        if unseal(content) is None:
            yield "the calibration is damaged: its checksum differs"


def _segments(database: sqlite3.Connection, folder: Path, columns: Sequence[Column]) -> Iterator[str]:
    for row in segment_rows(database):
        segment = Segment(folder, row.number, row.checksum)
        if damage := segment.problems():
            yield from damage
            continue
        if faults := segment.faults(columns):
            yield from (fault.what for fault in faults)
            continue
        kept = kept_rows(database, row.number)
        agree = kept[:, 0].max(initial=-1) < row.rows and all(_fits(segment, c, row.rows) for c in columns)
        if not agree or (segment.ids[kept[:, 0]] != kept[:, 1]).any():
            yield f"{segment.folder} does not contain what photos.db says"


def _fits(segment: Segment, column: Column, rows: int) -> bool:
    """Whether every array of a column has the length given by the number of photos, or of their rows."""
    total = int(segment.starts(column.name)[-1]) if column.ragged else rows
    for name, spec in column.kind.arrays.items():
        shape = segment.array(segment.name_of(column.name, name)).shape
        if shape[0] != (total if spec.ragged else rows) or spec.shape not in (None, shape[1:]):
            return False
    return not column.ragged or len(segment.counts(column.name)) == rows
