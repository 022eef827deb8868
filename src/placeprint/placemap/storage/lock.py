"""Who may write, and what must not be deleted yet.

`map.lock` is held by the only writer. Every snapshot that reads a segment holds a shared lock on its
folder, so that a joined segment is deleted only when nobody reads it any more. Both are locks of the
operating system: they end with the process, however it ends.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from placeprint.errors import LockedError


def lock_for_writing(folder: Path) -> FileLock:
    """Take the writer's lock, without waiting. Raises `LockedError`; `OSError` if it is not writable."""
    lock = FileLock(folder / "map.lock", thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise LockedError(
            f"another process is writing to {folder}", "Wait until it has finished, or stop it."
        ) from None
    return lock


class Hold:
    """Keeps folders on disk for as long as this object exists.

    Raises `FileNotFoundError` if one is gone. On Windows the system itself refuses to delete an open file,
    and on a network disk without locks nothing is ever deleted; there it does nothing.
    """

    def __init__(self, folders: Iterable[Path]) -> None:
        self._handles: list[int] = []
        if sys.platform == "win32":
            return
        import fcntl

        for folder in folders:
            handle = os.open(folder, os.O_RDONLY)
            self._handles.append(handle)
            with suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_SH)
            folder.stat()  # it may have gone while we waited

    def release(self) -> None:
        """Release the folders."""
        while self._handles:
            os.close(self._handles.pop())

    def __del__(self) -> None:
        if os is not None:  # at the end of the interpreter it may be gone, and the handles with it
            self.release()


@contextmanager
def unless_held(folder: Path) -> Iterator[bool]:
    """Whether nobody holds `folder`; inside the block, nobody can take hold of it."""
    if sys.platform == "win32":
        yield True
        return
    import fcntl

    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            free = True
        except OSError:
            free = False
        yield free
    finally:
        os.close(handle)
