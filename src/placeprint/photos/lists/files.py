"""Which file a path in a list means, however the program that wrote it spells paths."""

import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from unicodedata import normalize
from urllib.parse import unquote, urlsplit

from placeprint.photos.walk import EXTENSIONS, entries

Identity = tuple[int, int]

MAX_ENTRIES = 500_000
"""Below a list's folder at most this many files are searched by name."""

_DRIVE = re.compile(r"^[A-Za-z]:[\\/]|^\\\\[^\\]+\\")
_LONGEST = 4096


class MissingError(LookupError):
    """Why no file is meant: a phrase that follows the path."""


class ListedFiles:
    """Finds the files of a list that lies in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._index: dict[str, list[tuple[tuple[str, ...], Path]]] | None = None
        self._complete = True

    def direct(self, text: str) -> Path | None:
        """The file at this very path: relative to the folder or absolute, as it is or as a URL, with
        backslashes or percent signs. Raises `MissingError` for a path that no file can have.
        """
        if "\0" in text:
            raise MissingError("has a NUL character in its path")
        if len(text) > _LONGEST:
            raise MissingError("has a path that is too long")
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise MissingError("has half a character in its path (a lone surrogate)") from None
        for spelled in _spellings(text):
            path = self.folder / spelled
            if os.path.lexists(path):
                return _shortened(path)
        return None

    def by_name(self, text: str, claimed: set[Identity]) -> Path:
        """The one file below the folder whose name, and as many of the folders above it as possible, equal
        the path's, whatever the case, the composition of letters and the drive; without an extension, the
        one photo of that name. Files in `claimed` belong to other rows. Raises `MissingError`.
        """
        parts = folded(text)
        if not parts:
            raise MissingError("does not exist")
        index = self._names()
        same = [path for kept, path in index.get(parts[-1], ()) if kept == parts]
        if len(same) == 1:  # the same path in another spelling, whoever else names it
            return same[0]
        there = [(kept, path) for kept, path in index.get(parts[-1], ()) if identity(path) not in claimed]
        if not there:
            unfinished = "" if self._complete else f" (only {MAX_ENTRIES:,} files were searched)"
            raise MissingError(f"does not exist{unfinished}")
        most = max(_common(parts, kept) for kept, _ in there)
        best = [path for kept, path in there if _common(parts, kept) == most]
        if len(best) > 1:
            exact = [path for path in best if path.name == PurePosixPath(text.replace("\\", "/")).name]
            if len(exact) != 1:
                names = " and ".join(str(path.relative_to(self.folder)) for path in best[:2])
                raise MissingError(f"may be {len(best)} files: {names}")
            best = exact
        return best[0]

    def _names(self) -> dict[str, list[tuple[tuple[str, ...], Path]]]:
        """Files below the folder by folded name, and photos also by name without extension."""
        if self._index is None:
            self._index = {}
            for count, path in enumerate(entries(self.folder)):
                if count >= MAX_ENTRIES:
                    self._complete = False
                    break
                parts = _folded(path.relative_to(self.folder).as_posix())
                if not parts:
                    continue
                self._index.setdefault(parts[-1], []).append((parts, path))
                if path.suffix.lower() in EXTENSIONS:
                    stem = parts[-1].rpartition(".")[0]
                    self._index.setdefault(stem, []).append(((*parts[:-1], stem), path))
        return self._index


def identity(path: Path) -> Identity | None:
    """What is the same for all names of a file; None if it cannot be examined."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def _spellings(text: str) -> Iterator[str]:
    """As it is; as a file URL; with slashes for backslashes; percent signs decoded. The last is plainest."""
    yield text
    if text.lower().startswith("file:"):
        text = unquote(urlsplit_path(text))
        yield text
    if "\\" in text:
        text = text.replace("\\", "/")
        yield text
    if re.search("%[0-9A-Fa-f]{2}", text):
        yield unquote(text)


def urlsplit_path(text: str) -> str:
    """The path of a file URL, `file:///C:/a.jpg` and `file://server/share/a.jpg` among them."""
    try:
        path = urlsplit(text.replace("\\", "/")).path
    except ValueError:
        return text[5:].lstrip("/")
    return path[1:] if re.match(r"/[A-Za-z]:/", path) else path


def folded(text: str) -> tuple[str, ...]:
    """The parts of a listed path that two spellings of it have in common."""
    return _folded(list(_spellings(text))[-1])


def _folded(path: str) -> tuple[str, ...]:
    plain = _DRIVE.sub("", path).replace("\\", "/")
    folded = normalize("NFC", normalize("NFC", plain).casefold())
    return tuple(part for part in folded.split("/") if part not in ("", "."))


def _common(a: tuple[str, ...], b: tuple[str, ...]) -> int:
    count = 0
    for left, right in zip(reversed(a), reversed(b), strict=False):
        if left != right:
            break
        count += 1
    return count


def _shortened(path: Path) -> Path:
    """`a/../b.jpg` as `b.jpg`, if that is the same file: behind a link it may not be."""
    if ".." not in path.parts:
        return path
    short = Path(os.path.normpath(path))
    return short if identity(short) == identity(path) is not None else path
