"""Errors of the disk and of SQLite, as errors that a user can fix."""

import errno
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from placeprint.errors import FormatError, LockedError, PlaceprintError
from placeprint.placemap.storage.manifest import RESTORE

NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NOT_ALLOWED = (errno.EROFS, errno.EACCES, errno.EPERM)


class DiskFullError(PlaceprintError):
    """No space left, or a quota reached. What was stored before is still there."""


@contextmanager
def disk_errors(folder: Path, count: Callable[[], int]) -> Iterator[None]:
    """Translate errors when reading or writing the map in `folder`; `count` returns its number of photos."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_SPACE:
            raise _full(folder, count) from error
        if error.errno in NOT_ALLOWED:
            raise _not_allowed(folder, str(error.strerror)) from error
        raise
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_MISUSE) & 0xFF
        if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            raise _full(folder, count) from error
        if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
            raise _not_allowed(folder, str(error)) from error
        if code == sqlite3.SQLITE_BUSY:
            raise LockedError(f"{folder}/photos.db is locked by another program", "Close it.") from error
        if code == sqlite3.SQLITE_ERROR and "no such module: rtree" in str(error):
            raise PlaceprintError(
                "this Python's SQLite has no R-tree", "Use a Python whose sqlite3 has it."
            ) from error
        if code == sqlite3.SQLITE_CONSTRAINT or isinstance(error, sqlite3.ProgrammingError):
            raise
        raise FormatError(f"{folder}/photos.db is damaged ({error})", RESTORE) from error


@contextmanager
def nonsense_is_damage(folder: Path) -> Iterator[None]:
    """For reading: SQLite stores any type in any column, so damage may show up as a value of a wrong type or,
    from the `sqlite3` module itself, as text that cannot be decoded.
    """
    try:
        yield
    except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, MemoryError) as error:
        raise FormatError(f"{folder}/photos.db is damaged ({error!r})", RESTORE) from error


def _full(folder: Path, count: Callable[[], int]) -> DiskFullError:
    try:
        photos = f"{count():,} photos"
    except Exception:  # the count is optional: on a full disk even reading may fail
        photos = "photos"
    return DiskFullError(
        f"no space left on the disk for {folder}; the map still has its {photos}",
        "Free space and run the same command again.",
    )


def _not_allowed(folder: Path, reason: str) -> PlaceprintError:
    return PlaceprintError(
        f"cannot write to {folder} ({reason})", "Check its permissions, or copy the map to a disk you own."
    )
