"""Mapillary's JSON in ImageDescription or UserComment: position, compass and time of the capture app."""

import json
from datetime import UTC, datetime
from typing import Any

from placeprint.photos.metadata.coordinates import NoPositionError, finest, grain_of_text, position
from placeprint.photos.metadata.doubt import radius
from placeprint.photos.metadata.said import Metadata


def read_mapillary(text: str) -> Metadata:
    """What the JSON says; nothing if the text is no JSON of Mapillary's. Never raises."""
    if not text.lstrip().startswith("{") or "MAP" not in text:
        return Metadata()
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return Metadata()
    return mapillary_fields(said) if isinstance(said, dict) else Metadata()


def mapillary_fields(said: dict[str, Any]) -> Metadata:
    """The fields of one photo: MAPLatitude, MAPLongitude, MAPAltitude, MAPCompassHeading, MAPCaptureTime."""
    lat, lon, height = (finite(said.get(name)) for name in ("MAPLatitude", "MAPLongitude", "MAPAltitude"))
    point, problem = None, None
    if lat is not None and lon is not None:
        try:
            point = position(lat, lon, height)
        except NoPositionError as error:
            problem = f"Mapillary's JSON: {error}"
    compass = said.get("MAPCompassHeading")
    compass = compass if isinstance(compass, dict) else {}
    true, magnetic = (_direction(compass.get(name)) for name in ("TrueHeading", "MagneticHeading"))
    accuracies = (finite(said.get(name)) for name in ("MAPGpsAccuracyMeters", "MAPGPSAccuracyMeters"))
    return Metadata(
        source="Mapillary's JSON",
        point=point,
        problem=problem,
        grain=finest(*(grain_of_text(str(said.get(n, ""))) for n in ("MAPLatitude", "MAPLongitude"))),
        accuracy=radius(next((value for value in accuracies if value is not None), None), None, ""),
        heading=magnetic if true is None else true,
        magnetic=true is None and magnetic is not None,
        time=_time(said.get("MAPCaptureTime")) or _time(said.get("MAPGpsTime")),
    )


def finite(value: Any) -> float | None:
    """A number, or text of one; None for anything else, and for NaN and infinities."""
    try:
        number = None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if number is not None and abs(number) < 1e12 else None


def _direction(value: Any) -> float | None:
    number = finite(value)
    return number % 360.0 if number is not None and 0.0 <= number <= 360.0 else None


def _time(value: Any) -> datetime | None:
    """`2024_05_01_10_00_00_410`: UTC, with milliseconds."""
    try:
        parts = [int(part) for part in str(value).split("_")]
        year, month, day, hour, minute, second, *rest = parts
        return datetime(year, month, day, hour, minute, second, (rest or [0])[0] * 1000, tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
