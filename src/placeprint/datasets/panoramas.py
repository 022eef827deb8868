"""Photos of a data set that are the four side faces of panoramas."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from placeprint.errors import PlaceprintError
from placeprint.geo import GeoPoint
from placeprint.photos import PhotoRecord

TOLERANCE = 0.5
"""Allowed deviation of two neighboring faces from 90°, in degrees."""

NEAR = 1.0
"""Largest distance in meters between the faces of a panorama."""

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Panorama:
    """Four photos of 90° each, clockwise from `first_heading` in [0, 90); `rows`: theirs in the list."""

    name: str
    point: GeoPoint
    faces: tuple[Path, Path, Path, Path]
    first_heading: float
    rows: tuple[int, int, int, int]


def panoramas(photos: Sequence[PhotoRecord], whole_only: bool = False) -> list[Panorama]:
    """Group photos by panorama, in the order in which the panoramas first appear.

    A panorama has exactly four photos, with positions within 1 m and headings 90° apart (within 0.5°). The
    field of view is not recorded and is assumed to be 90°. If this does not hold, or a photo belongs to no
    panorama, PlaceprintError names the first few and what they lack; with `whole_only` they are left out
    instead. That suits training, while a benchmark must not lose queries silently.
    """
    rows: dict[str, list[int]] = {}
    problems = []
    for row, photo in enumerate(photos):
        if photo.panorama is None:
            problems.append(f"{photo.path} belongs to no panorama")
        else:
            rows.setdefault(photo.panorama, []).append(row)
    found = []
    for name, of in rows.items():
        made = _panorama(name, of, [photos[row] for row in of])
        if isinstance(made, Panorama):
            found.append(made)
        else:
            problems.append(f"panorama {name} {made}")
    if problems and not whole_only:
        more = f" and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise PlaceprintError(
            f"not all photos are side faces of panoramas: {'; '.join(problems[:_SHOWN])}{more}",
            "Each panorama needs four photos with headings 90° apart",
        )
    return found


def _panorama(name: str, rows: list[int], photos: list[PhotoRecord]) -> Panorama | str:
    """The panorama, or what is wrong with it."""
    unknown = [photo.path.name for photo in photos if photo.heading is None]
    if unknown:
        return f"has photos without a heading ({', '.join(unknown[:_SHOWN])})"
    order = sorted(range(len(photos)), key=lambda i: photos[i].heading or 0.0)
    headings = [photos[i].heading or 0.0 for i in order]
    if len(photos) != 4:
        return f"has {len(photos)} photos, not 4 (headings {_listed(headings)})"
    steps = [(headings[(k + 1) % 4] - headings[k]) % 360.0 for k in range(4)]
    if any(abs(step - 90.0) > TOLERANCE for step in steps):
        return f"has headings that are not 90° apart ({_listed(headings)})"
    point = photos[order[0]].point
    others = [photo.point for photo in photos]
    if point is None or any(other is None or other.distance(point) > NEAR for other in others):
        return "has photos without a position or more than 1 m apart"
    a, b, c, d = order
    return Panorama(
        name=name,
        point=point,
        faces=(photos[a].path, photos[b].path, photos[c].path, photos[d].path),
        first_heading=headings[0],
        rows=(rows[a], rows[b], rows[c], rows[d]),
    )


def _listed(headings: list[float]) -> str:
    return ", ".join(f"{heading:g}°" for heading in headings) or "none"
