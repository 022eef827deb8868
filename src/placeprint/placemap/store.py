"""A place map on disk: `map.json`, `photos.db`, `segments/`; what was acknowledged is never lost.

A batch is a segment folder, renamed into place, then one SQLite transaction that names it. Whatever a
killed writer leaves behind (a segment without a row) is swept by the next writer. One writer holds
`map.lock`; readers need no lock.
"""

import errno
import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import numpy as np
from filelock import FileLock, Timeout

from placeprint.artifact import replace_file
from placeprint.errors import FormatError, LockedError, PlaceprintError
from placeprint.placemap.database import connect, transaction
from placeprint.placemap.segments import problems, write_segment
from placeprint.placemap.snapshot import Batch, Entry, Snapshot

FORMAT = "placeprint/placemap"
VERSION = 1
FULL_SEGMENT = 65_536
OURS = ("segments", "descriptor.npz", "map.lock")
"""What a build that was killed before `map.json` may have left in the folder."""


class MapStore:
    """The files of one map. Use `create` or `open`; close it, or use it as a context manager."""

    def __init__(self, path: Path, config: dict[str, Any], writable: bool) -> None:
        self.path = path
        self.config = config
        self._lock: FileLock | None = None
        if writable:
            self._lock = FileLock(path / "map.lock")
            try:
                self._lock.acquire(timeout=0)
            except Timeout:
                raise LockedError(
                    f"another process is writing to {path}", "Wait until it has finished, or stop it."
                ) from None
        try:
            self._database = connect(path / "photos.db", writable)
        except BaseException:
            if self._lock is not None:
                self._lock.release()
            raise
        if writable:
            self._sweep()

    @staticmethod
    def exists(path: Path) -> bool:
        """Whether `path` is a map, sound or not."""
        return (path / "map.json").is_file()

    @classmethod
    def create(cls, path: Path, config: dict[str, Any]) -> Self:
        """A new, empty map, open for writing. `config` is JSON and never changes afterwards."""
        if cls.exists(path):
            raise PlaceprintError(
                f"{path} exists already", "Add to it with `placeprint add`, or name another folder."
            )
        if path.exists() and not path.is_dir():
            raise PlaceprintError(f"{path} is a file", "Name a new folder for the map.")
        strangers = sorted(p.name for p in path.iterdir() if p.name not in OURS) if path.exists() else []
        if strangers:
            raise PlaceprintError(
                f"{path} is not a place map and is not empty ({strangers[0]})",
                "Name a new folder for the map.",
            )
        with _disk(lambda: 0):
            (path / "segments").mkdir(parents=True, exist_ok=True)
            content = {"format": FORMAT, "version": VERSION, "config": config}
            content["checksum"] = _checksum(config)
            replace_file(path / "map.json", json.dumps(content, indent=2).encode())
        return cls(path, config, writable=True)

    @classmethod
    def open(cls, path: Path, writable: bool = False) -> Self:
        """An existing map. Raises `FormatError` or, where another process writes, `LockedError`."""
        try:
            content = json.loads((path / "map.json").read_text())
            kind, version, config = content["format"], content["version"], content["config"]
            checksum = content["checksum"]
        except FileNotFoundError:
            raise FormatError(
                f"{path} is not a place map", "Build one: placeprint build PHOTOS -o MAP"
            ) from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise FormatError(
                f"{path}/map.json is damaged ({error})", "Restore it from a backup, or build the map anew."
            ) from None
        if kind != FORMAT:
            raise FormatError(f"{path} is a {kind}, not a place map")
        if version > VERSION:
            raise FormatError(
                f"{path} has layout version {version}; this placeprint reads up to {VERSION}",
                "Upgrade placeprint.",
            )
        if checksum != _checksum(config):
            raise FormatError(
                f"{path}/map.json is damaged: its checksum differs",
                "Restore it from a backup, or build the map anew.",
            )
        if not writable and not (path / "photos.db").exists():
            raise FormatError(
                f"{path}/photos.db is missing", "Restore it from a backup, or build the map anew."
            )
        return cls(path, config, writable)

    def close(self) -> None:
        """Sweep, close the files and let go of the lock."""
        if self._lock is not None and self._lock.is_locked:
            self._sweep()
            self._lock.release()
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        (count,) = self._database.execute("SELECT count(*) FROM photos").fetchone()
        return int(count)

    def append(self, batch: Batch) -> list[int]:
        """Store a batch; when this returns it is on the disk. An entry whose path the map holds already
        takes its place, under a new id. Returns the ids."""
        if not batch.entries:
            return []
        with _disk(self.__len__):
            name = self._write(batch)
            with transaction(self._database):
                return self._insert(name, batch)

    def remove(self, ids: Iterable[int]) -> None:
        """Forget photos. Their ids are never used again; their bytes go with the next `compact`."""
        rows = [(int(i),) for i in ids]
        with _disk(self.__len__), transaction(self._database):
            self._database.executemany("DELETE FROM photos WHERE id = ?", rows)
            self._database.executemany("DELETE FROM positions WHERE id = ?", rows)

    def compact(self) -> None:
        """Join the newest segments into one while the next older is at most twice their sum.

        So a photo is rewritten a logarithmic number of times, however it was added. The folders of
        joined segments are deleted when the writer closes; a reader that has them open goes on.
        """
        rows = self._database.execute(
            "SELECT s.id, s.name, s.rows, count(p.id) FROM segments s LEFT JOIN photos p ON p.segment = s.id"
            " GROUP BY s.id ORDER BY s.id DESC"
        ).fetchall()
        joined: list[tuple[int, str]] = []
        live = 0
        for number, name, stored, alive in rows:
            thinned = alive < stored / 2
            if live and not thinned and (alive > 2 * live or live + alive > FULL_SEGMENT):
                break
            joined.append((number, name))
            live += alive
        if len(joined) > 1 or (joined and live < rows[0][2]):
            with _disk(self.__len__):
                self._join([number for number, _ in joined])

    def known(self) -> dict[str, Entry]:
        """Every stored photo by its path; entries carry their `id`."""
        return {entry.path: entry for entry in self.snapshot().entries}

    def note_skipped(self, photos: Iterable[tuple[str, str]]) -> None:
        """Remember (path, reason) of photos that are not in the map."""
        with _disk(self.__len__), transaction(self._database):
            self._database.executemany("INSERT OR REPLACE INTO skipped VALUES (?, ?)", list(photos))

    def skipped(self) -> list[tuple[str, str]]:
        """(path, reason) of photos that were left out and have not come in since."""
        query = "SELECT path, reason FROM skipped WHERE path NOT IN (SELECT path FROM photos) ORDER BY path"
        return [(path, reason) for path, reason in self._database.execute(query)]

    def set_calibration(self, content: dict[str, Any]) -> None:
        """Store what the map learnt about its own answers."""
        text = json.dumps({"content": content, "checksum": _checksum(content)})
        with _disk(self.__len__), transaction(self._database):
            self._database.execute("INSERT OR REPLACE INTO calibration VALUES (1, ?)", (text,))

    def calibration(self) -> dict[str, Any]:
        """What `set_calibration` stored, or {}. Raises `FormatError` where it is damaged."""
        row = self._database.execute("SELECT content FROM calibration").fetchone()
        if row is None:
            return {}
        stored = json.loads(row[0])
        if stored["checksum"] != _checksum(stored["content"]):
            raise FormatError(f"the calibration in {self.path}/photos.db is damaged", "Build the map anew.")
        return dict(stored["content"])

    def snapshot(self) -> Snapshot:
        """The map as it stands now; later writes do not change it."""
        try:
            return Snapshot.read(self._database, self.path / "segments")
        except FormatError:  # a writer may have joined and deleted segments since their names were read
            return Snapshot.read(self._database, self.path / "segments")

    def batches(self, size: int = 1024) -> Iterator[Batch]:
        """The whole content, `size` photos at a time, as `append` takes it."""
        snapshot = self.snapshot()
        for start in range(0, len(snapshot), size):
            yield snapshot.batch(range(start, min(start + size, len(snapshot))))

    def verify(self) -> list[str]:
        """Everything that is damaged or missing, in sentences that name the file."""
        found = [
            f"{self.path / 'photos.db'}: {row[0]}"
            for row in self._database.execute("PRAGMA integrity_check")
            if row[0] != "ok"
        ]
        for name, rows in self._database.execute("SELECT name, rows FROM segments ORDER BY id").fetchall():
            found += problems(self.path / "segments" / name, rows)
        (photos,) = self._database.execute("SELECT count(*) FROM photos").fetchone()
        (places,) = self._database.execute("SELECT count(*) FROM positions").fetchone()
        if photos != places:
            found.append(f"{self.path / 'photos.db'}: {photos} photos but {places} positions")
        return found

    def _write(self, batch: Batch) -> str:
        name = f"{self._next_number():06d}"
        write_segment(self.path / "segments" / name, batch.vectors, batch.features, batch.thumbnails)
        return name

    def _next_number(self) -> int:
        names = [p.name for p in (self.path / "segments").iterdir() if p.name.isdigit()]
        return max(map(int, names), default=0) + 1

    def _insert(self, name: str, batch: Batch, ids: Sequence[int] | None = None) -> list[int]:
        """Rows for a written segment, inside a transaction; `ids` keeps those of photos that move."""
        run = self._database.execute
        segment = run("INSERT INTO segments (name, rows) VALUES (?, ?)", (name, len(batch.entries))).lastrowid
        given = []
        for row, entry in enumerate(batch.entries):
            if ids is not None:
                run("UPDATE photos SET segment = ?, row = ? WHERE id = ?", (segment, row, ids[row]))
                continue
            old = run("SELECT id FROM photos WHERE path = ?", (entry.path,)).fetchone()
            if old is not None:
                run("DELETE FROM photos WHERE id = ?", old)
                run("DELETE FROM positions WHERE id = ?", old)
            fields = entry.fields()
            marks = ", ".join("?" * (len(fields) + 2))
            names = ", ".join([*fields, "segment", "row"])
            number = run(
                f"INSERT INTO photos ({names}) VALUES ({marks})", (*fields.values(), segment, row)
            ).lastrowid
            run(
                "INSERT INTO positions VALUES (?, ?, ?, ?, ?)",
                (number, entry.lat, entry.lat, entry.lon, entry.lon),
            )
            run("DELETE FROM skipped WHERE path = ?", (entry.path,))
            given.append(int(number or 0))
        return given

    def _join(self, segments: Sequence[int]) -> None:
        snapshot = self.snapshot()
        marks = ", ".join("?" * len(segments))
        query = f"SELECT id FROM photos WHERE segment IN ({marks}) ORDER BY id"
        ids = [row[0] for row in self._database.execute(query, segments)]
        batch = snapshot.batch(np.searchsorted(snapshot.ids, ids).tolist()) if ids else None
        name = "" if batch is None else self._write(batch)
        with transaction(self._database):
            if batch is not None:
                self._insert(name, batch, ids)
            self._database.execute(f"DELETE FROM segments WHERE id IN ({marks})", segments)

    def _sweep(self) -> None:
        """Delete what no row names: leftovers of killed writers and joined segments."""
        named = {row[0] for row in self._database.execute("SELECT name FROM segments")}
        for folder in (self.path / "segments").iterdir():
            if folder.name not in named:
                shutil.rmtree(folder, ignore_errors=True)


def _checksum(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


@contextmanager
def _disk(count: Callable[[], int]) -> Iterator[None]:
    """A full disk is the user's to mend, and loses nothing that was stored before."""
    try:
        yield
    except OSError as error:
        # NumPy reports a short write without an errno.
        if error.errno not in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT, None):
            raise
        raise _full(count) from error
    except sqlite3.OperationalError as error:
        if "full" not in str(error) and "disk I/O" not in str(error):
            raise
        raise _full(count) from error


def _full(count: Callable[[], int]) -> PlaceprintError:
    return PlaceprintError(
        f"no space left on the disk; the map still holds its {count()} photos",
        "Free space and run the same command again.",
    )
