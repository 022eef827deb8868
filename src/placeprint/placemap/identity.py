"""One photo is one photo: recognized by its content wherever it was moved, renamed, linked or copied."""

import hashlib
from collections import defaultdict
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


def arrivals(records: Sequence[PhotoRecord], entries: Sequence[Entry]) -> Arrivals:
    """Sort photos by what a map with these entries already has of them.

    A photo at a path of the map, with the file's size, time and position unchanged, is known. Any other file
    is compared by content with the photos of its size: if the map's own file is gone, it was moved (or
    renamed, or only touched); if that is still there, the new one is a copy of it. Only files of equal size
    are read.
    """
    found = Arrivals()
    known = {entry.path: entry for entry in entries}
    owned: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        owned[entry.sha256].append(entry)
    paths = {digest: views[0].path for digest, views in owned.items()}
    sizes = {entry.size for entry in entries}
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
            paths.setdefault(_digest(earlier.path), str(earlier.path))
        elif status.st_size not in sizes:
            found.new.append(record)
            continue
        digest = _digest(record.path)
        path = paths.get(digest)
        views = owned.get(digest, [])
        if path is None:
            paths[digest] = str(record.path)
            found.new.append(record)
        elif moved := _moved(views, record, status.st_mtime_ns):
            found.moved += moved
            del owned[digest]
            paths[digest] = str(record.path)
        elif views and path == str(record.path):
            found.new.append(record)  # the same file at another position replaces the old one
        else:
            found.copies.append((str(record.path), f"is the same photo as {path}"))
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
    wanted: dict[str, list[Entry]] = defaultdict(list)
    for entry in lost:
        wanted[entry.sha256].append(entry)
    found = []
    for path in files_below(folder):
        try:
            status = path.stat()
            views = wanted.pop(_digest(path), []) if status.st_size in sizes else []
        except OSError:
            continue
        found += [replace(v, path=str(path.absolute()), mtime_ns=status.st_mtime_ns) for v in views]
    return found


def _moved(views: Sequence[Entry], record: PhotoRecord, mtime_ns: int) -> list[Entry]:
    """The entries with the path, time and position that their file has now; none if it was copied, or if the
    file stayed and only the position differs.
    """
    if not views or record.point is None:
        return []
    before = views[0]
    stays = before.path == str(record.path)
    if not stays and _digest(Path(before.path)) == before.sha256:
        return []
    if stays and (before.lat, before.lon) != (record.point.lat, record.point.lon):
        return []
    news = [Entry.of(record, v.size, mtime_ns, v.sha256, v.view) for v in views]
    headings = [new.heading if not v.view else v.heading for new, v in zip(news, views, strict=True)]
    return [replace(n, id=v.id, heading=h) for n, v, h in zip(news, views, headings, strict=True)]


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return f"unreadable {path}"
