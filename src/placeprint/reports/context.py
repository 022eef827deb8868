"""What a report shows besides the answers: the map they come from, and the pictures."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

import numpy as np
from PIL import Image

from placeprint.arrays import Float64, UInt8
from placeprint.errors import PhotoError
from placeprint.photos import load
from placeprint.placemap.place import Answer, Match

Picture: TypeAlias = bytes | UInt8 | Image.Image | None
"""An encoded picture, an RGB array (h, w, 3), a Pillow image, or None if there is none."""

LONGEST = 1024


def reference_picture(match: Match) -> Picture:
    """The reference photo from its file, or None if it cannot be read."""
    return _read(match.path)


def query_picture(answer: Answer) -> Picture:
    """The query photo from its file, or None for an image in memory or a file that is gone."""
    return None if answer.query is None else _read(answer.query)


def _read(path: str) -> Picture:
    try:
        return load(path, LONGEST)
    except (PhotoError, OSError):
        return None


def _now() -> datetime:
    return datetime.now().astimezone()


@dataclass(frozen=True)
class ReportContext:
    """Provenance and pictures for `write_html`.

    `references` (n, 2) are the latitudes and longitudes of all reference photos, `headings` (n,) their
    degrees clockwise from north, NaN if unknown. `picture` and `query_picture` return the pictures to show:
    the same view as the working image, upright, of any size. Raises `ValueError` if the lengths differ.
    """

    map_name: str
    fingerprint: str
    descriptor: str
    version: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    references: Float64 = field(default_factory=lambda: np.zeros((0, 2)))
    headings: Float64 = field(default_factory=lambda: np.zeros(0))
    picture: Callable[[Match], Picture] = reference_picture
    query_picture: Callable[[Answer], Picture] = query_picture
    created: datetime = field(default_factory=_now)

    def __post_init__(self) -> None:
        if self.references.shape != (len(self.headings), 2):
            raise ValueError(f"{self.references.shape} references do not match {len(self.headings)} headings")
