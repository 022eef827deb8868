"""All photos in a folder, recursively and in a fixed order; each file once, even if links form a loop."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from placeprint.photos.record import Skipped

EXTENSIONS = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".webp", ".gif", ".bmp"}) | {
    *(".heic", ".heif", ".hif", ".avif", ".tif", ".tiff", ".ppm", ".pgm", ".pnm")
}


@dataclass(slots=True)
class Walk:
    """What a folder contains: photo paths, what was left out and why, and the number of other files."""

    paths: list[Path] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    ignored: int = 0


def walk(folder: Path) -> Walk:
    """Photos by extension (upper or lower case); hidden files and folders are ignored.

    A folder or photo that is reached again through a link is used once; a photo left out for that reason is
    listed, and so is a folder that cannot be read.
    """
    found = Walk()
    seen: dict[tuple[int, int], Path] = {}
    _first(folder, seen)

    def refused(error: OSError) -> None:
        found.skipped.append(Skipped(Path(error.filename), f"folder cannot be read: {error.strerror}"))

    for here, folders, names in os.walk(folder, followlinks=True, onerror=refused):
        folders[:] = sorted(
            name for name in folders if name[0] != "." and _first(Path(here, name), seen) is None
        )
        for name in sorted(names):
            path = Path(here, name)
            if name[0] == "." or path.suffix.lower() == ".xmp":
                continue
            if path.suffix.lower() not in EXTENSIONS:
                found.ignored += 1
            elif (other := _first(path, seen)) is not None:
                found.skipped.append(Skipped(path, f"is the same file as {other}"))
            else:
                found.paths.append(path)
    found.paths.sort()
    return found


def _first(path: Path, seen: dict[tuple[int, int], Path]) -> Path | None:
    """The path under which this file or folder was met before; None the first time."""
    try:
        status = path.stat()
    except OSError:
        return None
    other = seen.setdefault((status.st_dev, status.st_ino), path)
    return None if other is path else other
