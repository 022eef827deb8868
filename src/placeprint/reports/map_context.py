"""The context of a report on the answers of a place map."""

from typing import Any

import numpy as np

from placeprint.placemap import PlaceMap
from placeprint.reports.context import ReportContext
from placeprint.version import __version__


def map_context(places: PlaceMap, **settings: Any) -> ReportContext:
    """Name, fingerprint, descriptor and reference positions of `places`; `settings` are shown as given."""
    records = places.photos()
    points = [(r.point.lat, r.point.lon) for r in records if r.point is not None]
    headings = [np.nan if r.heading is None else r.heading for r in records if r.point is not None]
    return ReportContext(
        map_name=places.path.name,
        fingerprint=places.descriptor.fingerprint,
        descriptor=places.descriptor.name,
        version=__version__,
        settings=settings,
        references=np.array(points, np.float64).reshape(-1, 2),
        headings=np.array(headings, np.float64),
    )
