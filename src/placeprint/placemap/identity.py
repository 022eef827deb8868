"""One photo is one photo: recognized by its content wherever it was moved, renamed, linked or copied."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from placeprint.errors import PlaceprintError
from placeprint.photos import PhotoRecord
from placeprint.photos.walk import entries as files_below
from placeprint.placemap.storage.entry import Entry


@dataclass
class Arrivals:
    """What comes to a map: `new` photos; `known` ones, unchanged; `moved` ones, as they are now (with their
    ids); and (path, reason) of `copies`.
    """

    new: list[PhotoRecord] = field(default_factory=list)
    known: int = 0
    moved: list[Entry] = field(default_factory=list)
    copies: list[tuple[str, str]] = field(default_factory=list)


def arrivals(records: Sequence[PhotoRecord], known: Mapping[str, Entry]) -> Arrivals:
    """Sort photos by what a map with the photos `known` already has of them.

    A photo at a path of the map, with the file's size, time and position unchanged, is known. Any other file
    is compared by content with the photos of its size: if the map's own file is gone, it was moved (or
    renamed, or only touched); if that is still there, the new one is a copy of it. Only files of equal size
    are read.
    """
    found = Arrivals()
    sizes = {entry.size for entry in known.values()}
    owners: dict[str, Entry | str] = {entry.sha256: entry for entry in known.values()}
    first: dict[int, PhotoRecord] = {}
    for record in records:
        if unchanged(record, known):
            found.known += 1
            continue
        try:
            status = record.path.stat()
        except OSError:
            found.new.append(record)  # its reading says why it cannot be used
            continue
        if (earlier := first.setdefault(status.st_size, record)) is not record:
            owners.setdefault(_digest(earlier.path), str(earlier.path))
        elif status.st_size not in sizes:
            found.new.append(record)
            continue
        digest = _digest(record.path)
        owner = owners.get(digest)
        if owner is None:
            owners[digest] = str(record.path)
            found.new.append(record)
        elif isinstance(owner, Entry) and (moved := _moved(owner, record, status.st_mtime_ns)) is not None:
            found.moved.append(moved)
            owners[digest] = moved.path
        elif isinstance(owner, Entry) and owner.path == str(record.path):
            found.new.append(record)  # the same file at another position replaces the old one
        else:
            other = owner.path if isinstance(owner, Entry) else owner
            found.copies.append((str(record.path), f"is the same photo as {other}"))
    return found


def unchanged(record: PhotoRecord, known: Mapping[str, Entry]) -> bool:
    """Whether the map already contains this photo unchanged: the same file at the same position."""
    entry = known.get(str(record.path))
    if entry is None or record.point is None:
        return False
    try:
        status = record.path.stat()
    except OSError:
        return False
    same_file = (entry.size, entry.mtime_ns) == (status.st_size, status.st_mtime_ns)
    return same_file and (entry.lat, entry.lon) == (record.point.lat, record.point.lon)


def relocated(lost: Sequence[Entry], folder: Path) -> list[Entry]:
    """The entries whose files lie below `folder` now, by content, under their new paths.

    Raises `PlaceprintError` if there is no such folder.
    """
    if not folder.is_dir():
        raise PlaceprintError(f"{folder} is not a folder", "Name the folder to which the photos were moved.")
    sizes = {entry.size for entry in lost}
    wanted = {entry.sha256: entry for entry in lost}
    found = []
    for path in files_below(folder):
        try:
            status = path.stat()
            entry = wanted.pop(_digest(path), None) if status.st_size in sizes else None
        except OSError:
            continue
        if entry is not None:
            found.append(replace(entry, path=str(path.absolute()), mtime_ns=status.st_mtime_ns))
    return found


def _moved(entry: Entry, record: PhotoRecord, mtime_ns: int) -> Entry | None:
    """The entry with the path, time and position that its file has now; None if it was copied, or if the file
    stayed and only the position differs.
    """
    if entry.path != str(record.path) and _digest(Path(entry.path)) == entry.sha256:
        return None
    new = Entry.of(record, entry.size, mtime_ns, entry.sha256)
    if entry.path == new.path and (entry.lat, entry.lon) != (new.lat, new.lon):
        return None
    return replace(new, id=entry.id)


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return f"unreadable {path}"
