"""The position that a row states, in whichever columns; two columns that disagree refuse the list."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from placeprint.geo import GeoPoint
from placeprint.photos.lists.columns import Column
from placeprint.photos.lists.sheet import GEOMETRY
from placeprint.photos.lists.values.angles import angle, pair
from placeprint.photos.lists.values.numbers import decimal, quantity, text_of
from placeprint.photos.lists.values.projected import system
from placeprint.photos.metadata.coordinates import position

Roles = Mapping[str, Sequence[Column]]
NAMED = ("lat", "lon", "both", "geometry", "easting", "northing")
_NEAR = 1e-5  # degrees: 1 m, more than any rounding
_WKT = re.compile(r"(?:SRID=([0-9]{3,6});)?\s*POINT\s*(?:Z|M|ZM)?\s*\(\s*([^()]{1,200}?)\s*\)", re.I)


class DifferingColumnsError(ValueError):
    """Two columns state one thing differently: nobody can know which one is meant."""


class SwappedError(ValueError):
    """A latitude that is possible only as a longitude, beside a longitude that may be a latitude."""


def has_position(roles: Roles) -> bool:
    """Whether the columns can state a position at all."""
    return ("lat" in roles and "lon" in roles) or "both" in roles or "geometry" in roles or _utm(roles)


def row_point(roles: Roles, fields: Mapping[str, Any], decimal_comma: bool = False) -> GeoPoint | None:
    """The point; None for a row without one. Altitude only from a geometry's third coordinate.

    Raises `ValueError` with the reason, `DifferingColumnsError` and `SwappedError` among them.
    """
    stated = [*_degrees(roles, fields), *_together(roles, fields), *_geometries(roles, fields)]
    if not stated and _utm(roles):
        stated = _projected(roles, fields, decimal_comma)
    if not stated:
        return None
    label, lat, lon, altitude = stated[0]
    for other, its_lat, its_lon, height in stated[1:]:
        if abs(lat - its_lat) > _NEAR or abs((lon - its_lon + 180.0) % 360.0 - 180.0) > _NEAR:
            raise DifferingColumnsError(f"{label} and {other} differ: {lat}, {lon} and {its_lat}, {its_lon}")
        altitude = height if altitude is None else altitude
    if abs(lat) > 90.0 and abs(lon) <= 90.0 and abs(lat) <= 180.0:
        raise SwappedError(f"latitude {lat} is not in -90..90: are lat and lon swapped?")
    if 180.0 < abs(lon) <= 360.0 and abs(lat) <= 90.0:  # counted from 0 to 360, or on beyond the antimeridian
        lon -= 360.0 if lon > 0 else -360.0
    return position(lat, lon, altitude)


Stated = tuple[str, float, float, float | None]
"""(names of the columns, lat, lon, altitude)."""


def filled(columns: Sequence[Column], fields: Mapping[str, Any]) -> list[tuple[Column, str]]:
    """The columns of the best rank that have a value in this row, with their texts."""
    texts = [(column, text_of(fields.get(column.name))) for column in columns]
    texts = [(column, text) for column, text in texts if text]
    return [(column, text) for column, text in texts if column.rank == texts[0][0].rank]


def _degrees(roles: Roles, fields: Mapping[str, Any]) -> list[Stated]:
    sides = {}
    for axis, role in (("NS", "lat"), ("EW", "lon")):
        side = next((text for _, text in filled(roles.get(f"{role} side", ()), fields)), "")
        texts = filled(roles.get(role, ()), fields)
        sides[role] = [(column, text, axis, side) for column, text in texts]
    if not sides["lat"] and not sides["lon"]:
        return []
    crs = next((text for _, text in filled(roles.get("crs", ()), fields)), "")
    if crs and all(column.rank for side in sides.values() for column, *_ in side):  # x and y of a system
        return []
    if not sides["lat"] or not sides["lon"]:
        raise ValueError("half a position: lat or lon is missing")
    lat, lon = (_agreed([(c.name, _angle(c, *rest)) for c, *rest in sides[role]]) for role in ("lat", "lon"))
    return [(f"{lat[0]}, {lon[0]}", lat[1], lon[1], None)]


def _agreed(values: Sequence[tuple[str, float]]) -> tuple[str, float]:
    (name, value), *others = values
    for other, its in others:
        if abs((value - its + 180.0) % 360.0 - 180.0) > _NEAR:
            raise DifferingColumnsError(f"columns {name!r} and {other!r} differ: {value} and {its}")
    return name, value


def _angle(column: Column, text: str, axis: str, side: str) -> float:
    try:
        if column.factor != 1.0:
            return decimal(text) * column.factor
        value = angle(text, axis, side)
    except ValueError as error:
        raise ValueError(f"{column.name} {error}") from None
    if column.unsigned and not side and re.fullmatch(r"[0-9.,]+", text):
        raise ValueError(f"{column.name} {text!r} does not say {axis[0]} or {axis[1]}, and EXIF has no sign")
    return value


def _together(roles: Roles, fields: Mapping[str, Any]) -> list[Stated]:
    stated: list[Stated] = []
    for column in roles.get("both", ()):
        text = text_of(fields.get(column.name))
        if not text or text == "[]":
            continue
        if isinstance(fields[column.name], list):
            raise ValueError(
                f"{column.name} {text[:40]} does not say which is the latitude: give lat and lon"
            )
        if _WKT.match(text) or isinstance(fields.get(column.name), dict):
            stated += _geometry(column.name, fields[column.name], "")
        elif re.search("[0-9]", text):
            try:
                stated.append((column.name, *pair(text), None))
            except ValueError as error:
                raise ValueError(f"{column.name}: {error}") from None
    return stated


def _geometries(roles: Roles, fields: Mapping[str, Any]) -> list[Stated]:
    crs = next((text for _, text in filled(roles.get("crs", ()), fields)), "")
    stated: list[Stated] = []
    for column in roles.get("geometry", ()):
        value = fields.get(column.name)
        if not text_of(value):
            continue
        try:
            stated += _geometry(column.name, value, crs)
        except ValueError:
            if column.name == GEOMETRY and not any(roles.get(role) for role in ("lat", "both")):
                raise
            if not any(roles.get(role) for role in ("lat", "both", "easting")):
                raise
    return stated


def _geometry(name: str, value: Any, crs: str) -> list[Stated]:
    """A point as WKT (PostGIS's EWKT too), as GeoJSON or as the text of GeoJSON: x before y."""
    numbers: Sequence[Any]
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise ValueError(f"{name} is not GeoJSON") from None
    if isinstance(value, dict):
        kind, numbers = value.get("type"), value.get("coordinates") or ()
        if kind != "Point" or not isinstance(numbers, list | tuple):
            raise ValueError(f"{name} is {str(kind)[:40]!r}, not a point")
    elif re.fullmatch(r"\s*POINT\s+EMPTY\s*", text := str(value), re.I):
        return []
    elif (found := _WKT.fullmatch(text.strip())) is not None:
        numbers, crs = found[2].split(), f"EPSG:{found[1]}" if found[1] else crs
    else:
        raise ValueError(f"{name} {text[:40]!r} is not a point such as POINT (13.19 55.71)")
    if len(numbers) < 2:
        raise ValueError(f"{name} has fewer than two coordinates")
    x, y, *more = (decimal(str(number)) for number in numbers[:3])
    lat, lon = system(crs)(x, y) if crs else (y, x)
    return [(name, lat, lon, more[0] if more else None)]


def _utm(roles: Roles) -> bool:
    return ("easting" in roles and "northing" in roles) or ("crs" in roles and "lat" in roles)


def _projected(roles: Roles, fields: Mapping[str, Any], decimal_comma: bool) -> list[Stated]:
    def first(*names: str) -> tuple[str, str]:
        found = (pair for name in names for pair in filled(roles.get(name, ()), fields))
        return next(((column.name, text) for column, text in found), ("", ""))

    crs, hemisphere = first("crs")[1], first("hemisphere")[1]
    (x_name, x), (y_name, y) = (
        first("easting", *(["lon"] if crs else [])),
        first("northing", *(["lat"] if crs else [])),
    )
    zone = crs or first("zone")[1]
    if not x and not y:
        return []
    if not x or not y:
        raise ValueError("half a position: easting or northing is missing")
    if not zone:
        raise ValueError("easting and northing without a zone: give a column zone (33N) or epsg (32633)")
    east, north = (quantity(text, decimal_comma) for text in (x, y))
    lat, lon = system(zone.removesuffix(".0"), hemisphere)(east, north)
    return [(f"{x_name}, {y_name}", lat, lon, None)]
