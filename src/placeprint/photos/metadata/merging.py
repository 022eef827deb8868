"""What to believe where several parts of a photo's metadata speak of the same thing."""

from collections.abc import Sequence
from dataclasses import replace

from placeprint.geo import GeoPoint
from placeprint.photos.metadata.said import OWN_ESTIMATE, Metadata

_COARSE = 1e-4
"""Degrees: a position written in smaller steps (10 m) is never replaced by a finer one."""

_SAME = 2e-5
"""Degrees within which two positions are copies of each other (2 m)."""

_ALIKE, _CLEAR = 0.02, 0.05
"""Degrees: coordinates that differ in their sign alone, and clearly lie on one side of both."""


def position_of(outside: Sequence[Metadata], inside: Sequence[Metadata]) -> Metadata:
    """The part whose position counts: `point` or, if none does, `problem`, and `accuracy`.

    outside: files beside the photo, where people correct positions; inside: the parts of the photo file. Both
    in order of trust. The first position counts, with these exceptions:

    - A file outside that has a position that cannot be ends the search: somebody wanted to replace the
      photo's own. placeprint's own estimate does not; it is passed over, and so are its copies.
    - A position inside that the file itself refuses (see `doubt.checked`) is refused in all its copies.
    - Of two positions inside that agree within the coarser one's steps, the finer counts: EXIF is often cut
      to whole seconds or minutes.
    - Two positions inside that differ in a hemisphere alone are contradictory: neither counts.
    """
    refused = [part.refused for part in (*outside, *inside) if part.refused is not None]
    for part in outside:
        if part.point is not None and not _copy_of(part.point, refused):
            return part
        if part.problem is not None and part.refused is None:
            return part
    known = [part for part in inside if part.point is not None and not _copy_of(part.point, refused)]
    if known:
        return _contradicted(known) or _finest(known)
    problems = [part.problem for part in (*outside, *inside) if part.problem is not None]
    estimates = [problem for problem in problems if OWN_ESTIMATE in problem]
    return Metadata(problem=next(iter(estimates or problems), None))


def _finest(known: Sequence[Metadata]) -> Metadata:
    best = known[0]
    for other in known[1:]:
        a, b = best.point, other.point
        if a is None or b is None or best.grain < _COARSE or not 0.0 < 2.0 * other.grain <= best.grain:
            continue
        if abs(a.lat - b.lat) <= 1.01 * best.grain and _apart(a.lon, b.lon) <= 1.01 * best.grain:
            height = a.altitude if b.altitude is None else b.altitude
            accuracy = best.accuracy if other.accuracy is None else other.accuracy
            best = replace(other, point=GeoPoint(b.lat, b.lon, height), accuracy=accuracy)
    return best


def _contradicted(known: Sequence[Metadata]) -> Metadata | None:
    first = known[0]
    for other in known[1:]:
        a, b = first.point, other.point
        if a is None or b is None:
            continue
        pairs = ((a.lat, b.lat), (a.lon, b.lon))
        alike = all(abs(abs(x) - abs(y)) < _ALIKE for x, y in pairs)
        if alike and any(x * y < 0.0 and abs(x) > _CLEAR for x, y in pairs):
            return Metadata(problem=f"{first.source} and {other.source} name opposite hemispheres")
    return None


def _copy_of(point: GeoPoint, others: Sequence[GeoPoint]) -> bool:
    return any(abs(point.lat - o.lat) < _SAME and _apart(point.lon, o.lon) < _SAME for o in others)


def _apart(a: float, b: float) -> float:
    return abs((a - b + 180.0) % 360.0 - 180.0)
