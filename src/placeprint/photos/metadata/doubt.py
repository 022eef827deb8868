"""What a position says of its own doubt: status, datum, method, dilution of precision (EXIF 3.0, 4.6.7)."""

from dataclasses import replace
from functools import lru_cache
from typing import Any

from placeprint.geo import GeoPoint
from placeprint.photos.metadata.coordinates import RefusedError, position
from placeprint.photos.metadata.said import OWN_ESTIMATE

DOP_METERS = 5.0
"""Meters of a position's radius for each unit of dilution of precision, where no radius is given."""

METHOD_METERS = {"CELLID": 1000.0, "WLAN": 100.0}
"""Radius of a position from radio cells or from wireless networks, where none is given."""

_SAME_AS_WGS84 = {
    *("WGS84", "WGS1984", "WGS", "GPS", "UNKNOWN", "UNDEFINED", "ETRS89", "NAD83", "GRS80", "JGD2000"),
    *("JGD2011", "GDA94", "GDA2020", "NZGD2000", "SIRGAS2000", "PZ90", "CGCS2000", "KGD2002", "RGF93"),
}
"""Datums that agree with WGS84 to about 2 m, and words for "not said"."""

_DATUMS = {
    "TOKYO": 4301, "NAD27": 4267, "ED50": 4230, "OSGB36": 4277, "CH1903": 4149, "PULKOVO1942": 4284,
    "AGD66": 4202, "AGD84": 4203, "SAD69": 4618, "INDIAN1975": 4240, "CAPE": 4222, "DHDN": 4314,
}  # fmt: skip
"""EPSG codes of other datums."""


def checked(point: GeoPoint, status: str = "", datum: str = "", method: str = "", mode: str = "") -> GeoPoint:
    """The position in WGS84. Raises `RefusedError` where the file itself says that it is none.

    status: V means that the receiver had no valid position. datum: others than WGS84 are converted. method:
    placeprint marks what it has estimated. mode: in 2 (two-dimensional) the altitude is not measured.
    """
    if method.strip().lower().startswith("placeprint"):
        raise RefusedError(OWN_ESTIMATE, point)
    if status.strip().upper()[:1] == "V":
        raise RefusedError("the receiver marked its position as void (GPSStatus V)", point)
    moved = _in_wgs84(point, datum)
    return replace(moved, altitude=None) if mode.strip() == "2" else moved


def radius(error: float | None, dilution: float | None, method: str) -> float | None:
    """Meters: as given (GPSHPositioningError), else `DOP_METERS` · DOP, else what the method suggests."""
    if error is not None and error > 0.0:
        return error
    if dilution is not None and dilution > 0.0:
        return dilution * DOP_METERS
    return METHOD_METERS.get(method.strip().upper())


def _in_wgs84(point: GeoPoint, datum: str) -> GeoPoint:
    plain = "".join(c for c in datum.upper() if c.isalnum())
    if not plain or plain in _SAME_AS_WGS84 or plain.startswith("ITRF"):
        return point
    shown = datum.strip()[:40]
    code = _DATUMS.get(plain.removesuffix("MEAN"))
    if code is None:
        raise RefusedError(f"the datum {shown!r} is not known, so the place is not either", point)
    try:
        lat, lon = _conversion(code).transform(point.lat, point.lon)
    except ImportError:
        why = f"the datum is {shown!r}, and pyproj, which converts it, is missing"
        raise RefusedError(why, point) from None
    return position(lat, lon, point.altitude)


@lru_cache(maxsize=16)
def _conversion(code: int) -> Any:
    """From a datum's latitude and longitude to WGS84's, without grids, to a few meters; thread-safe."""
    from pyproj import Transformer

    return Transformer.from_crs(code, 4326)
