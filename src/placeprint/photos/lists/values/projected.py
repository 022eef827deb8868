"""Coordinates of a projection: UTM by zone, and what an EPSG code or a PROJ string names."""

import math
import re
from collections.abc import Callable
from functools import lru_cache

from placeprint.geo import utm_to_point

ToDegrees = Callable[[float, float], tuple[float, float]]
"""(lat, lon) of (x, y), or of (longitude, latitude) where the system has degrees."""

_EPSG = re.compile(r"(?:urn:ogc:def:crs:)?(?:EPSG|SRID)\s*[:=]+\s*([0-9]{3,6})|([0-9]{4,6})", re.I)
_CRS84 = re.compile(r"(?:urn:ogc:def:crs:)?(?:OGC:+[0-9.]*:?)?(?:CRS84|WGS[ _]?84)", re.I)
_UTM = re.compile(
    r"(?:WGS[ _]?84)?[ /]*(?:UTM)?\s*(?:zone)?\s*([0-9]{1,2})\s*(north|south|[c-hj-np-x])?", re.I
)
_PROJ = re.compile(r"\+proj=[-+=._A-Za-z0-9, ]{1,300}")
_FILES = ("init", "grids", "pipeline", "catalog", "axisswap")
_BANDS = "CDEFGHJKLMNPQRSTUVWX"
_BAND_S = (3_500_000.0, 4_450_000.0)


@lru_cache(maxsize=64)
def system(text: str, hemisphere: str = "") -> ToDegrees:
    """The coordinates that `text` names: `EPSG:4326`, `32633`, `WGS84 UTM 33N`, `33U`, `+proj=utm +zone=33`.

    `hemisphere` is what a column of its own says. Raises `ValueError` if it is none, or if it does not say
    which hemisphere: `33` alone may be on either.
    """
    text = text.strip()
    found = _EPSG.fullmatch(text)
    code = int(found[1] or found[2]) if found else 0
    if code == 4326 or _CRS84.fullmatch(text):
        return lambda x, y: (y, x)
    if 1 <= code % 100 <= 60 and code // 100 in (326, 327):
        return _utm(code % 100, "N" if code // 100 == 326 else "south")
    if zone := _UTM.fullmatch(text):
        letter = (zone[2] or hemisphere).strip()
        if not letter:
            raise ValueError(f"zone {text!r} does not say north or south: write 33N or EPSG:32633")
        return _utm(int(zone[1]), letter)
    if code:
        return _from_pyproj(f"EPSG:{code}")
    if _PROJ.fullmatch(text) and not any(word in text for word in _FILES):
        return _from_pyproj(text)
    raise ValueError(f"{text[:60]!r} is not a coordinate system: write EPSG:4326 or WGS84 UTM 33N")


def _utm(zone: int, letter: str) -> ToDegrees:
    letter = {"NORTH": "N", "SOUTH": "south"}.get(letter.upper(), letter.upper())
    if letter != "south" and (len(letter) != 1 or letter not in _BANDS):
        raise ValueError(f"{letter!r} is no band of UTM")

    def to_degrees(easting: float, northing: float) -> tuple[float, float]:
        if not (100_000.0 <= easting <= 900_000.0 and 0.0 <= northing <= 10_000_000.0):
            raise ValueError(f"easting {easting:g}, northing {northing:g} is outside zone {zone}")
        if letter == "S" and _BAND_S[0] <= northing <= _BAND_S[1]:
            raise ValueError(f"zone {zone}S may be the south or band S (32 to 40° N): write the EPSG code")
        northern = letter != "south" and letter >= "N" and letter != "S"
        point = utm_to_point(easting, northing, zone, northern)
        south = -80.0 + 8.0 * _BANDS.index(letter) if letter not in ("N", "S", "south") else None
        if south is not None and not south - 1.0 <= point.lat <= south + (13.0 if letter == "X" else 9.0):
            raise ValueError(f"northing {northing:g} is not in band {letter}")
        return point.lat, point.lon

    return to_degrees


def _from_pyproj(text: str) -> ToDegrees:
    from pyproj import CRS, Transformer
    from pyproj.exceptions import ProjError

    try:
        transformer = Transformer.from_crs(CRS.from_user_input(text), "EPSG:4326", always_xy=True)
    except ProjError:
        raise ValueError(f"{text[:60]!r} is not a coordinate system that PROJ knows") from None

    def to_degrees(x: float, y: float) -> tuple[float, float]:
        lon, lat = transformer.transform(x, y)
        if not (math.isfinite(lon) and math.isfinite(lat)):
            raise ValueError(f"{x:g}, {y:g} is outside {text[:60]}")
        return lat, lon

    return to_degrees
