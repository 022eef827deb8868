"""Positions in file names, as visual place recognition data sets write them:

`@easting@northing@zone@letter@lat@lon@pano@tile@heading@pitch@roll@height@timestamp@note@.jpg`
(Berton et al., "Deep Visual Geo-localization Benchmark", CVPR 2022). Fields are identified by their position
in the file name; any may be empty, and trailing ones may be missing.
"""

import math
from datetime import datetime
from pathlib import Path

from placeprint.geo import GeoPoint, utm_to_point
from placeprint.photos.metadata.coordinates import NoPositionError, position
from placeprint.photos.record import PhotoRecord

_EASTING, _NORTHING, _ZONE, _LETTER, _LAT, _LON, _PANORAMA, _TILE, _HEADING = range(9)
_HEIGHT, _TIMESTAMP = 11, 12
_TIMES = {4: "%Y", 6: "%Y%m", 8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}


def has_utm_name(path: Path) -> bool:
    """Whether the file name (not its folders) has the `@` form: a leading `@`, two fields or more."""
    return path.name.startswith("@") and path.name.count("@") >= 3


def read_utm_name(path: Path) -> PhotoRecord:
    """The photo described by its name. Raises `NoPositionError` with the reason."""
    fields = [field.strip() for field in path.name.split("@")[1:-1]]
    fields += [""] * (_TIMESTAMP + 1 - len(fields))
    heading = _number(fields[_HEADING])
    return PhotoRecord(
        path=path,
        point=_point(fields),
        heading=None if heading is None else heading % 360.0,
        time=_time(fields[_TIMESTAMP]),
        panorama=fields[_PANORAMA] or None,
    )


def _point(fields: list[str]) -> GeoPoint:
    lat, lon = _number(fields[_LAT]), _number(fields[_LON])
    easting, northing = _number(fields[_EASTING]), _number(fields[_NORTHING])
    zone, northern = fields[_ZONE], _northern(fields[_LETTER], lat)
    if easting is None or northing is None or not zone.isdecimal() or northern is None:
        if lat is None or lon is None:
            raise NoPositionError("its name has no UTM zone and letter, and no latitude and longitude")
        return position(lat, lon, _number(fields[_HEIGHT]))
    try:
        point = utm_to_point(easting, northing, int(zone), northern)
    except ValueError as error:
        raise NoPositionError(f"its name: {error}") from None
    return GeoPoint(point.lat, point.lon, _number(fields[_HEIGHT]))


def _northern(letter: str, lat: float | None) -> bool | None:
    """Hemisphere from the band letter (N to X are north); a latitude takes precedence, because some data sets
    write S for south although band S is northern.
    """
    if lat is not None:
        return lat >= 0.0
    return letter.upper() >= "N" if len(letter) == 1 and letter.isascii() and letter.isalpha() else None


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _time(text: str) -> datetime | None:
    digits = text.replace("_", "").replace("-", "")
    form = _TIMES.get(len(digits))
    try:
        return datetime.strptime(digits, form) if form and digits.isdecimal() else None
    except ValueError:
        return None
