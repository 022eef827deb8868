"""What a report shows besides the answers: the map they come from, how they were made, the pictures."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from PIL import Image

from placeprint.arrays import Float64, UInt8
from placeprint.errors import PhotoError
from placeprint.photos import load
from placeprint.placemap.place import Answer, Match
from placeprint.version import __version__

Picture: TypeAlias = bytes | UInt8 | Image.Image | None
"""An encoded picture, an RGB array (h, w, 3), a Pillow image, or None if there is none."""

LONGEST = 1024


def reference_picture(match: Match) -> Picture:
    """The reference photo from its file, or None if it cannot be read."""
    return read_picture(match.path)


def query_picture(answer: Answer) -> Picture:
    """The query photo from its file, or None for an image in memory or a file that is gone."""
    return None if answer.query is None else read_picture(answer.query)


def read_picture(path: str) -> Picture:
    """The photo in a file, of at most `LONGEST` pixels, or None if it cannot be read."""
    try:
        return load(path, LONGEST)
    except (PhotoError, OSError):
        return None


def sha256(path: str | None) -> str | None:
    """Hex digest of a file, or None if there is no file."""
    if path is None:
        return None
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError):  # ValueError: a name that no file can have
        return None


def _now() -> datetime:
    return datetime.now().astimezone()


@dataclass(frozen=True)
class ReportContext:
    """Provenance and pictures for a report. Without arguments it knows nothing of a map, and pictures come
    from the photo files.

    `fingerprint` is that of the model named `descriptor`, `map_fingerprint` that of the map's content.
    `references` (n, 2) are the latitudes and longitudes of all reference photos, `headings` (n,) their
    degrees clockwise from north, NaN if unknown. `picture` and `query_picture` return the pictures to show:
    the same view as the working image, upright, of any size; `thumbnail` a small one of a reference photo,
    fast. `query_files`: where a query's file is, if its path in the answers is not that (`relative_paths`).
    Raises `ValueError` if the lengths differ.
    """

    map_name: str = ""
    fingerprint: str = ""
    descriptor: str = ""
    version: str = __version__
    settings: Mapping[str, Any] = field(default_factory=dict)
    references: Float64 = field(default_factory=lambda: np.zeros((0, 2)))
    headings: Float64 = field(default_factory=lambda: np.zeros(0))
    picture: Callable[[Match], Picture] = reference_picture
    query_picture: Callable[[Answer], Picture] = query_picture
    created: datetime = field(default_factory=_now)
    thumbnail: Callable[[Match], Picture] | None = None
    map_fingerprint: str = ""
    query_files: Mapping[str, str] = field(default_factory=dict)
    _digests: dict[str, str | None] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.references.shape != (len(self.headings), 2):
            raise ValueError(f"{self.references.shape} references do not match {len(self.headings)} headings")

    def small_picture(self, match: Match) -> Picture:
        """The thumbnail of a reference photo, or its picture where none is kept."""
        return self.picture(match) if self.thumbnail is None else self.thumbnail(match)

    def query_file(self, answer: Answer) -> str | None:
        """Where the query's file is; None for an image in memory."""
        return None if answer.query is None else self.query_files.get(answer.query, answer.query)

    def digest(self, answer: Answer) -> str | None:
        """SHA-256 of the query's file, read once; None if there is no file."""
        path = self.query_file(answer)
        if path is not None and path not in self._digests:
            self._digests[path] = sha256(path)
        return None if path is None else self._digests[path]

    def provenance(self) -> dict[str, Any]:
        """How the answers came about, for JSON; what is unknown is null."""
        return {
            "placeprint": self.version,
            "map": self.map_name or None,
            "map_fingerprint": self.map_fingerprint or None,
            "model": self.descriptor or None,
            "model_fingerprint": self.fingerprint or None,
            "settings": {name: _plain(value) for name, value in self.settings.items()},
            "time": self.created.isoformat(timespec="seconds"),
        }


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float | bool | None) else str(value)
