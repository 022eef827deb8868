"""One photo is one photo: recognized by its content wherever it was moved, renamed, linked or copied."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from placeprint.errors import PlaceprintError
from placeprint.geo import GeoPoint
from placeprint.photos import PhotoRecord
from placeprint.photos.walk import entries as files_below
from placeprint.placemap.storage.entry import Entry

APART = 1.0
"""Meters: a byte copy with another position than that is not taken for the same photo."""


@dataclass
class Arrivals:
    """What comes to a map: `new` photos; `known` ones, unchanged; `moved` ones, as they are now (with their
    ids); (path, reason) of `copies`; the ids of those that are `gone`: a copy lies in their place.
    """

    new: list[PhotoRecord] = field(default_factory=list)
    known: int = 0
    moved: list[Entry] = field(default_factory=list)
    copies: list[tuple[str, str]] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)


def arrivals(records: Sequence[PhotoRecord], entries: Sequence[Entry]) -> Arrivals:
    """Sort photos by what a map with these entries already has of them.

    A photo at a path of the map, with the file's size, time and position unchanged, is known. Any other file
    is compared by content with the photos of its size: if the map's own file is gone, it was moved (or
    renamed, or only touched); if that is still there, the new one is a copy of it, unless it is said to have
    been taken more than `APART` meters away: then nobody knows which is right, and both stay. Only files of
    equal size are read.
    """
    found = Arrivals()
    known = {entry.path: entry for entry in entries}
    owned: dict[str, dict[str, list[Entry]]] = defaultdict(lambda: defaultdict(list))
    held: dict[str, dict[str, GeoPoint]] = defaultdict(dict)
    at_path: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        owned[entry.sha256][entry.path].append(entry)
        held[entry.sha256][entry.path] = GeoPoint(entry.lat, entry.lon)
        at_path[entry.path].append(entry)
    digest_of = cache(_digest)  # of many files of one size, each is read once
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
        earlier = first.setdefault(status.st_size, record)
        if earlier is record and status.st_size not in sizes:
            found.new.append(record)
            continue
        if earlier is not record and earlier.point is not None:
            held[digest_of(earlier.path)].setdefault(str(earlier.path), earlier.point)
        digest, path = digest_of(record.path), str(record.path)
        groups = owned[digest]
        lost = path if path in groups else next((p for p in groups if digest_of(Path(p)) != digest), None)
        copied = next((p for p, at in held[digest].items() if p != path and _near(at, record.point)), None)
        if lost is not None and (lost != path or _near(held[digest][path], record.point)):
            found.moved += _moved(groups.pop(lost), record, status.st_mtime_ns)
            held[digest].pop(lost, None)
        elif lost is None and copied is not None:
            found.copies.append((path, f"is the same photo as {copied}"))
            found.gone += [entry.id for entry in at_path[path]]
            continue
        else:
            found.new.append(record)
        if record.point is not None:
            held[digest][path] = record.point
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
    """The entries of a photo with the path, time and position that its file has now."""
    moved = []
    for view in views:
        new = Entry.of(record, view.size, mtime_ns, view.sha256, view.view)
        moved.append(replace(new, id=view.id, heading=view.heading if view.view else new.heading))
    return moved


def _near(point: GeoPoint, other: GeoPoint | None) -> bool:
    return other is not None and point.distance(other) <= APART


def _digest(path: Path) -> str:
    """SHA-256 of a file, in hex; of one that cannot be read something that no other has."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return f"unreadable {path}"
