"""The context of a report on the answers of a place map."""

import hashlib
from typing import Any

import numpy as np

from placeprint.errors import FormatError
from placeprint.placemap import PlaceMap
from placeprint.placemap.place import Match
from placeprint.reports.context import Picture, ReportContext, read_picture
from placeprint.version import __version__


def map_context(places: PlaceMap, **settings: Any) -> ReportContext:
    """Name, fingerprints, descriptor, reference positions and pictures of `places`, while it is open;
    `settings` are shown as given. A reference photo whose file is gone is shown by the map's thumbnail of it.
    """
    records = places.photos()
    points = [(r.point.lat, r.point.lon) for r in records if r.point is not None]
    headings = [np.nan if r.heading is None else r.heading for r in records if r.point is not None]

    def thumbnail(match: Match) -> Picture:
        try:
            kept: bytes = places.references.value("thumbnail", match.id)
        except FormatError:
            kept = b""
        return kept or read_picture(match.path)

    def picture(match: Match) -> Picture:
        read = read_picture(match.path)
        return thumbnail(match) if read is None else read

    return ReportContext(
        map_name=places.path.name,
        fingerprint=places.descriptor.fingerprint,
        descriptor=places.descriptor.name,
        version=__version__,
        settings=settings,
        references=np.array(points, np.float64).reshape(-1, 2),
        headings=np.array(headings, np.float64),
        picture=picture,
        thumbnail=thumbnail,
        map_fingerprint=_fingerprint(places),
    )


def _fingerprint(places: PlaceMap) -> str:
    """Of what answers depend on: the photos' content, positions and headings, in any order."""
    entries = places.references.snapshot.entries
    lines = sorted(f"{e.sha256} {e.lat!r} {e.lon!r} {e.heading!r}" for e in entries)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
