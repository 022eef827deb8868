"""What EXIF says about a photo: position, heading, time and camera (EXIF 2.32, section 4.6.6)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from placeprint.geo import GeoPoint
from placeprint.photos.metadata.coordinates import NoPositionError, degrees, parse_coordinate, position
from placeprint.photos.metadata.exif_tags import ExifTags, Value

_LATITUDE, _LONGITUDE, _ALTITUDE, _DIRECTION = 2, 4, 6, 17
_TIME, _DATE = 7, 29


@dataclass(frozen=True, slots=True)
class Metadata:
    """Position, heading and time of a photo, from EXIF or from an XMP sidecar.

    point: WGS84, with the altitude above (negative: below) sea level if given.
    problem: why `point` is None.
    heading: where the camera looked, degrees clockwise from north, in [0, 360).
    magnetic: `heading` is relative to magnetic north (EXIF reference M); it is not corrected.
    time: with a time zone if the photo gives one (DateTimeOriginal with OffsetTimeOriginal, else the
        GPS clock, which is UTC); otherwise DateTimeOriginal without one: the camera's own clock.
    """

    point: GeoPoint | None = None
    problem: str | None = None
    heading: float | None = None
    magnetic: bool = False
    time: datetime | None = None
    camera: str | None = None


def read_exif(tags: ExifTags) -> Metadata:
    """Interpret the result of `read_exif_tags`. Never raises: damaged fields are None."""
    point, problem = _position(tags)
    direction = _number(tags.gps.get(_DIRECTION))
    heading = direction % 360.0 if direction is not None and 0.0 <= direction <= 360.0 else None
    magnetic = heading is not None and _letter(tags.gps.get(_DIRECTION - 1)) == "M"
    return Metadata(point, problem, heading, magnetic, _taken(tags), _camera(tags))


def _position(tags: ExifTags) -> tuple[GeoPoint | None, str | None]:
    latitude, longitude = tags.gps.get(_LATITUDE), tags.gps.get(_LONGITUDE)
    if latitude is None or longitude is None:
        half = latitude is not None or longitude is not None
        return None, "EXIF has half a position" if half else "no position in EXIF"
    try:
        lat = _coordinate(latitude, tags.gps.get(_LATITUDE - 1), "NS")
        lon = _coordinate(longitude, tags.gps.get(_LONGITUDE - 1), "EW")
        return position(lat, lon, _height(tags)), None
    except NoPositionError as error:
        return None, f"EXIF: {error}"


def _coordinate(value: Value, reference: Value | None, axis: str) -> float:
    letter = _letter(reference)
    name = "latitude" if axis == "NS" else "longitude"
    try:
        if isinstance(value, str):
            return parse_coordinate(value, axis, letter or None)
        if not letter:
            raise NoPositionError(f"it does not say {axis[0]} or {axis[1]}")
        numbers = _numbers(value)
        if numbers is None:
            raise NoPositionError("a rational number has denominator 0, or there is no number")
        return degrees(numbers, letter, axis)
    except NoPositionError as error:
        raise NoPositionError(f"{name}: {error}") from None


def _height(tags: ExifTags) -> float | None:
    meters = _number(tags.gps.get(_ALTITUDE))
    below = tags.gps.get(_ALTITUDE - 1)
    sign = below[0] if isinstance(below, tuple | bytes) and below else below
    return None if meters is None else -abs(meters) if sign in (1, "1", b"\1") else meters


def _taken(tags: ExifTags) -> datetime | None:
    clock = _clock(tags.camera.get(0x9003)) or _clock(tags.camera.get(0x9004))
    zone = _zone(tags.camera.get(0x9011)) or _zone(tags.camera.get(0x9010))
    if clock is not None and zone is not None:
        return clock.replace(tzinfo=zone)
    return _gps_time(tags) or clock


def _clock(value: Value | None) -> datetime | None:
    try:
        return (
            datetime.strptime(value[:19].replace("-", ":"), "%Y:%m:%d %H:%M:%S")
            if isinstance(value, str)
            else None
        )
    except ValueError:
        return None


def _zone(value: Value | None) -> timezone | None:
    try:
        return UTC if value == "Z" else _offset(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _offset(text: str) -> timezone:
    hours, minutes = text[1:].split(":")
    sign = {"+": 1, "-": -1}.get(text[0], 0)
    if not sign:
        raise ValueError(text)
    return timezone(sign * timedelta(hours=int(hours), minutes=int(minutes)))


def _gps_time(tags: ExifTags) -> datetime | None:
    date, time = tags.gps.get(_DATE), _numbers(tags.gps.get(_TIME))
    if not isinstance(date, str) or time is None or len(time) != 3:
        return None
    try:
        midnight = datetime.strptime(date[:10].replace("-", ":"), "%Y:%m:%d")
        since = timedelta(hours=time[0], minutes=time[1], seconds=time[2])
        if not timedelta(0) <= since <= timedelta(days=1):
            return None
        return (midnight + since).replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _camera(tags: ExifTags) -> str | None:
    maker, model = (
        value if isinstance(value := tags.photo.get(tag), str) else "" for tag in (0x010F, 0x0110)
    )
    both = model if model.lower().startswith(maker.lower()) else f"{maker} {model}"
    return both.strip() or None


def _letter(value: Value | None) -> str:
    text = value.decode("latin-1") if isinstance(value, bytes) else value if isinstance(value, str) else ""
    return text.strip(" \0").upper()[:1]


def _number(value: Value | None) -> float | None:
    numbers = _numbers(value)
    return numbers[0] if numbers and math.isfinite(numbers[0]) else None


def _numbers(value: Value | None) -> Sequence[float] | None:
    """Floats, or None if there are none or one is a rational with denominator 0."""
    if not isinstance(value, tuple) or not value:
        return None
    pairs = [part if isinstance(part, tuple) else (part, 1) for part in value]
    return None if any(below == 0 for _, below in pairs) else [above / below for above, below in pairs]
