"""All photos in a folder, recursively and in a fixed order; each file once, even if links form a loop."""

import os
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from placeprint.photos.raw import RAW_EXTENSIONS
from placeprint.photos.record import Skipped

DEVELOPED = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".webp", ".gif", ".bmp"}) | {
    *(".heic", ".heif", ".hif", ".avif", ".tif", ".tiff", ".ppm", ".pgm", ".pnm")
}
EXTENSIONS = DEVELOPED | RAW_EXTENSIONS
SYSTEM_FOLDERS = frozenset(
    {"@eadir", "@recently-snapshot", "@snapshot", "@tmp", "@sharebin", "#recycle", "#snapshot"}
    | {"$recycle.bin", "recycler", "system volume information", "lost+found", "__macosx"}
    | {".thumbnails", ".picasaoriginals", ".dtrash"}
)
"""What storage devices, desktops and photo managers keep for themselves, in lower case."""

_SYSTEM_FILES = frozenset(
    {"thumbs.db", "ehthumbs.db", "desktop.ini", ".ds_store", "picasa.ini", ".picasa.ini"}
)
_PREVIEWS = (".lrdata", ".photoslibrary", ".aplibrary", ".dtthumbs", ".cocatalog", ".capone")
_TRASH = ".trash"
EXCLUDED, HIDDEN, SYSTEM_FILE = "excluded", "hidden", "system file"
"""Kinds of `Walk.ignored` besides extensions and names of system folders (which end with `/`)."""


@dataclass(slots=True)
class Walk:
    """What a folder contains: photo paths, what was left out and why, and how many others of each kind.

    `ignored`: kind → count; a kind is an extension (`.mov`; "" for none), a system folder (`@eaDir/`, not
    entered), or one of `EXCLUDED`, `HIDDEN`, `SYSTEM_FILE`.
    """

    paths: list[Path] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)


def walk(folder: Path, exclude: Sequence[str] = ()) -> Walk:
    """Photos by extension (upper or lower case); hidden files and folders, those of the system, and what
    matches one of `exclude` (see `excluded`) are left out and counted.

    A folder or photo that is reached again through a link is used once; a photo left out for that reason is
    listed, and so is a folder that cannot be read.
    """
    found = Walk()
    seen: dict[tuple[int, int], Path] = {}
    _first(folder, seen)

    def refused(error: OSError) -> None:
        found.skipped.append(Skipped(Path(error.filename), f"folder cannot be read: {error.strerror}"))

    for here, folders, names in os.walk(folder, followlinks=True, onerror=refused):
        entered = []
        for name in sorted(folders):
            kind = _folder_kind(name) or (EXCLUDED if excluded(Path(here, name), folder, exclude) else None)
            if kind is not None:
                found.ignored[kind] += 1
            elif _first(Path(here, name), seen) is None:
                entered.append(name)
        folders[:] = entered
        names.sort()
        for name in names:
            path = Path(here, name)
            kind = _file_kind(name) or (EXCLUDED if excluded(path, folder, exclude) else None)
            if kind is not None:
                found.ignored[kind] += 1
            elif _is_sidecar(name, names):
                continue
            elif path.suffix.lower() not in EXTENSIONS:
                found.ignored[path.suffix.lower()] += 1
            elif (other := _first(path, seen)) is not None:
                found.skipped.append(Skipped(path, f"is the same file as {other}"))
            elif (reason := _unusable(name) or _developed(path, names)) is not None:
                found.skipped.append(Skipped(path, reason))
            else:
                found.paths.append(path)
    found.paths.sort()
    return found


def _developed(path: Path, names: Sequence[str]) -> str | None:
    """Why a RAW photo is left out beside the JPEG of the same stem: both are one photo."""
    if path.suffix.lower() not in RAW_EXTENSIONS:
        return None
    at = bisect_left(names, path.stem)
    while at < len(names) and names[at].startswith(path.stem):
        other = Path(names[at])
        if other.stem == path.stem and other.suffix.lower() in DEVELOPED:
            return f"is the RAW photo of {other.name}"
        at += 1
    return None


def entries(folder: Path) -> Iterator[Path]:
    """Every file that `walk` could use, of any kind, without following links to folders."""
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if _folder_kind(name) is None)
        yield from (Path(here, name) for name in sorted(names) if _file_kind(name) is None)


def excluded(path: Path, folder: Path, globs: Sequence[str]) -> bool:
    """Whether a glob (`*`, `?`, `[a-z]`) matches the name, or the path below `folder` (or part of it from its
    beginning, as a folder).
    """
    if not globs:
        return False
    below = path.relative_to(folder) if path.is_relative_to(folder) else path
    tried = [path.name, below.as_posix(), *(parent.as_posix() for parent in below.parents)]
    return any(fnmatch(text, glob.strip("/").removeprefix("./")) for glob in globs for text in tried)


def _folder_kind(name: str) -> str | None:
    plain = name.lower()
    if plain in SYSTEM_FOLDERS or plain.startswith(_TRASH) or plain.endswith(_PREVIEWS):
        return f"{'*' + Path(plain).suffix if plain.endswith(_PREVIEWS) else name}/"
    return HIDDEN if name[0] == "." else None


def _file_kind(name: str) -> str | None:
    if name.startswith("._") or name.lower() in _SYSTEM_FILES:
        return SYSTEM_FILE
    return HIDDEN if name[0] == "." else None


def _is_sidecar(name: str, names: Sequence[str]) -> bool:
    """What belongs to a photo beside it: XMP, and JSON that begins with a photo's name (names are sorted)."""
    stem, _, ending = name.rpartition(".")
    if ending.lower() == "xmp":
        return True
    if ending.lower() != "json":
        return False
    while stem:
        at = bisect_left(names, stem)
        if at < len(names) and names[at].startswith(stem) and Path(names[at]).suffix.lower() in EXTENSIONS:
            return True
        stem = stem.rpartition(".")[0]
    return False


def _unusable(name: str) -> str | None:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return "has a name that is not text (bytes that are not UTF-8): rename it"
    return None


def _first(path: Path, seen: dict[tuple[int, int], Path]) -> Path | None:
    """The path under which this file or folder was met before; None the first time."""
    try:
        status = path.stat()
    except OSError:
        return None
    other = seen.setdefault((status.st_dev, status.st_ino), path)
    return None if other is path else other
