"""Latitude and longitude as written in photo metadata: degrees, minutes, seconds and a letter."""

import math
import re
from collections.abc import Sequence

from placeprint.geo import GeoPoint

_PARTS = re.compile(r"\s*([-+]?[0-9./,\s°'’′\"”″:]+?)\s*([NSEWnsew]?)\s*")
_SEPARATORS = re.compile(r"[,\s°'’′\"”″:]+")


class NoPositionError(ValueError):
    """Why there is no position: a short phrase shown to the user."""


def number(text: str) -> float:
    """A decimal or a rational `a/b`. Raises `ValueError`."""
    above, _, below = text.partition("/")
    if not below:
        return float(above)
    if float(below) == 0.0:
        raise ValueError("a rational number with denominator 0")
    return float(above) / float(below)


def parse_coordinate(text: str, axis: str, reference: str | None = None) -> float:
    """Signed degrees from "52,12.34N", "52,12,20.4N", "52.2057" or "-0.1"; `axis` is "NS" or "EW".

    A letter (in the text, or the separate `reference`) determines the sign; a decimal without a letter
    carries its own. Raises `NoPositionError`.
    """
    found = _PARTS.fullmatch(text)
    if found is None:
        raise NoPositionError(f"{text!r} is not a coordinate")
    words = [word for word in _SEPARATORS.split(found[1]) if word]
    try:
        values = [number(word) for word in words]
    except ValueError as error:
        raise NoPositionError(f"{text!r} is not a coordinate ({error})") from None
    letter = found[2] or reference
    if letter:
        return degrees(values, letter, axis)
    if len(values) != 1:
        raise NoPositionError(f"{text!r} does not say {axis[0]} or {axis[1]}")
    return values[0]


def degrees(values: Sequence[float], reference: str, axis: str) -> float:
    """Degrees, minutes, seconds (trailing ones may be missing) and a letter, as signed degrees.

    Raises `NoPositionError` for a letter of the other axis, minutes or seconds outside 0..60, or no value.
    """
    letter = reference.strip().upper()[:1]
    if letter not in axis or not letter:
        raise NoPositionError(f"the reference {reference!r} is neither {axis[0]} nor {axis[1]}")
    if not 1 <= len(values) <= 3 or not all(map(math.isfinite, values)):
        raise NoPositionError("the coordinate does not consist of one to three numbers")
    if any(not 0.0 <= part <= 60.0 for part in values[1:]):
        raise NoPositionError("minutes or seconds lie outside 0..60")
    size = sum(abs(part) / 60.0**i for i, part in enumerate(values))
    return -size if letter == axis[1] else size


def position(lat: float, lon: float, altitude: float | None = None) -> GeoPoint:
    """The point, unless it is impossible. Raises `NoPositionError`.

    Latitude 0 and longitude 0, both exactly, is how devices write "unknown": the place is open sea.
    """
    if lat == 0.0 and lon == 0.0:
        raise NoPositionError("latitude 0, longitude 0 means an unknown position")
    try:
        return GeoPoint(lat, lon, altitude)
    except ValueError as error:
        raise NoPositionError(str(error)) from None
