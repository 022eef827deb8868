"""A photo in a listing, and the listing itself."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from placeprint.geo import GeoPoint

if TYPE_CHECKING:
    from placeprint.photos.sphere import Sphere


@dataclass(frozen=True, slots=True)
class PhotoRecord:
    """A photo and where it was taken. Photos of one `panorama` show the same place, so they never confirm
    each other in an evaluation.

    heading: degrees clockwise from north, in [0, 360); from magnetic north if `magnetic`.
    accuracy: the radius in meters that whoever measured the position gives for it, if any.
    source: what the position was read from, such as "EXIF" or "list".
    sphere: how a photo all around (360°) lies on the sphere: see `sphere_views`.
    """

    path: Path
    point: GeoPoint | None
    heading: float | None = None
    time: datetime | None = None
    panorama: str | None = None
    magnetic: bool = False
    accuracy: float | None = None
    source: str = ""
    sphere: "Sphere | None" = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A photo that was left out, and why."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class PhotoList:
    """Photos in the order of their paths (a folder) or rows (a list).

    ignored: how many other files there are of each kind (`photos.walk.Walk`).
    notes: what else the user should know, such as a column that could not be read.
    """

    photos: list[PhotoRecord] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    ignored: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
