"""From magnetic to true north, by the World Magnetic Model."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from placeprint.geo import GeoPoint

_MODELS = range(2010, 2030, 5)


def declination(point: GeoPoint, time: datetime) -> float | None:
    """Degrees by which magnetic north lies east of true north; None where it cannot be known.

    The World Magnetic Model (NOAA and BGS) of the five years that `time` lies in, evaluated by pygeomag
    (extra `magnetic`). None without that package, outside 2010 to 2030, and near the magnetic poles, where
    compasses do not point anywhere (horizontal intensity below 2000 nT).
    """
    year = time.astimezone(UTC) if time.tzinfo else time
    start = datetime(year.year, 1, 1, tzinfo=year.tzinfo)
    end = datetime(year.year + 1, 1, 1, tzinfo=year.tzinfo) if year.year < 9999 else start
    model = year.year // 5 * 5
    if model not in _MODELS:
        return None
    field = _field(model)
    if field is None:
        return None
    date = year.year + (year - start) / (end - start)
    height = min(max((point.altitude or 0.0) / 1000.0, -1.0), 850.0)
    try:
        found = field.calculate(glat=point.lat, glon=point.lon, alt=height, time=date)
    except ArithmeticError:  # exactly at a pole
        return None
    return None if found.in_blackout_zone else float(found.d)


@lru_cache(maxsize=8)
def _field(year: int) -> Any:
    try:
        from pygeomag import GeoMag
    except ImportError:
        return None
    return GeoMag(base_year=year)
