"""The photos that a command is given: files, folders, lists, globs, and `-` for paths on standard input."""

import glob
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from placeprint.errors import PhotoError, PlaceprintError

if TYPE_CHECKING:
    from placeprint.photos import PhotoList

STDIN = "-"


def given_photos(
    sources: Sequence[str], exclude: Sequence[str] = (), quiet: bool = False, without_position: bool = False
) -> "PhotoList":
    """What all `sources` hold, each photo once, in their order; positions are not needed.

    A glob that no shell has expanded (quoted, or on Windows) is expanded here; `**` goes into folders. Of
    several sources one that cannot be read is listed with its reason, the only one is an error.
    without_position: leave out photos that say where they were taken; notes say how many.
    """
    from placeprint.photos import PhotoList, Skipped, find

    paths = list(_paths(sources))
    found, seen = PhotoList(), set[str]()
    for path in paths:
        try:
            part = find(path, positions=False, quiet=quiet or len(paths) > 1, exclude=exclude)
        except PhotoError as error:
            if len(paths) == 1:
                raise
            found.skipped.append(Skipped(Path(path), error.reason))
            continue
        for record in part.photos:
            key = os.path.normcase(record.path.absolute())
            if key not in seen:
                seen.add(key)
                found.photos.append(record)
        found.skipped.extend(part.skipped)
        found.notes.extend(part.notes)
        for kind, count in part.ignored.items():
            found.ignored[kind] = found.ignored.get(kind, 0) + count
    return _without_position(found) if without_position else found


def _paths(sources: Sequence[str]) -> Iterator[str]:
    for source in sources:
        if source == STDIN:
            yield from _from_stdin()
        elif glob.has_magic(source) and not Path(source).exists():
            matched = sorted(glob.glob(source, recursive=True))  # noqa: PTH207 - absolute ones too
            if not matched:
                raise PlaceprintError(f"no photo matches {source}", "Look at its spelling with: ls")
            yield from matched
        else:
            yield source


def _from_stdin() -> Iterator[str]:
    """Paths, one a line, or separated by NUL as `find -print0` writes them."""
    content = sys.stdin.buffer.read()
    parts = content.split(b"\0") if b"\0" in content else content.splitlines()
    found = [os.fsdecode(part) for part in parts if part.strip()]
    if not found:
        raise PlaceprintError("standard input names no photo", "Give paths, one a line.")
    return iter(found)


def _without_position(found: "PhotoList") -> "PhotoList":
    left = [record for record in found.photos if record.point is None]
    count = len(found.photos) - len(left)
    notes = [*found.notes, f"{count} photos have a position and are left out"] if count else found.notes
    return replace(found, photos=left, notes=notes)
