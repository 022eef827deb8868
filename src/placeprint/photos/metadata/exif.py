"""What EXIF says about a photo: position, heading, time and camera (EXIF 3.0, section 4.6.7)."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

from placeprint.geo import GeoPoint
from placeprint.photos.metadata.coordinates import (
    NoPositionError,
    RefusedError,
    degrees,
    finest,
    grain_of_text,
    parse_coordinate,
    position,
    step,
)
from placeprint.photos.metadata.doubt import checked, radius
from placeprint.photos.metadata.exif_tags import ExifTags, Value
from placeprint.photos.metadata.said import OWN_ESTIMATE, Metadata

_LATITUDE, _LONGITUDE, _ALTITUDE, _DIRECTION = 2, 4, 6, 17
_TIME, _DATE = 7, 29
_STATUS, _MODE, _DILUTION, _DATUM, _METHOD, _ERROR = 9, 10, 11, 18, 27, 31
_BELOW = (1, "1", b"\1", 3, "3", b"\3")
"""GPSAltitudeRef: 0 and 1 are above and below sea level until EXIF 2.32, and above and below the ellipsoid
in EXIF 3.0, where 2 and 3 are above and below sea level.
"""


def read_exif(tags: ExifTags) -> Metadata:
    """Interpret a block of EXIF. Never raises: damaged fields are None."""
    point, problem, refused = _position(tags)
    estimated = problem is not None and OWN_ESTIMATE in problem  # and so is the heading
    direction = None if estimated else _number(tags.gps.get(_DIRECTION))
    heading = direction % 360.0 if direction is not None and 0.0 <= direction <= 360.0 else None
    return Metadata(
        source="EXIF",
        point=point,
        problem=problem,
        refused=refused,
        grain=finest(*(_grain(tags.gps.get(tag)) for tag in (_LATITUDE, _LONGITUDE))),
        accuracy=radius(
            _number(tags.gps.get(_ERROR)), _number(tags.gps.get(_DILUTION)), text_of(tags.gps.get(_METHOD))
        ),
        heading=heading,
        magnetic=heading is not None and _word(tags.gps.get(_DIRECTION - 1)).upper()[:1] == "M",
        time=_taken(tags),
        camera=_camera(tags),
    )


def text_of(value: Value | None) -> str:
    """Text, also of the undefined type with its character code before it (ASCII, UNICODE, JIS)."""
    if not isinstance(value, bytes):
        return value if isinstance(value, str) else ""
    code, rest = value[:8], value[8:]
    if code == b"UNICODE\0":
        even = rest[: len(rest) // 2 * 2]
        little = even.count(b"\0") and even[1::2].count(b"\0") >= even[::2].count(b"\0")
        return even.decode("utf-16-le" if little else "utf-16-be", "replace").strip("\0\ufeff ")
    if code == b"JIS\0\0\0\0\0":
        return rest.decode("iso2022_jp", "replace").strip("\0 ")
    plain = rest if code in (b"ASCII\0\0\0", bytes(8)) else value
    return plain.decode("utf-8", "replace").strip("\0 ")


def _position(tags: ExifTags) -> tuple[GeoPoint | None, str | None, GeoPoint | None]:
    latitude, longitude = tags.gps.get(_LATITUDE), tags.gps.get(_LONGITUDE)
    if latitude is None or longitude is None:
        half = latitude is not None or longitude is not None
        return None, "EXIF has half a position" if half else None, None
    try:
        lat = _coordinate(latitude, tags.gps.get(_LATITUDE - 1), "NS")
        lon = _coordinate(longitude, tags.gps.get(_LONGITUDE - 1), "EW")
        point = position(lat, lon, _height(tags))
        status, datum, mode = (_word(tags.gps.get(tag)) for tag in (_STATUS, _DATUM, _MODE))
        return checked(point, status, datum, text_of(tags.gps.get(_METHOD)), mode), None, None
    except NoPositionError as error:
        return None, f"EXIF: {error}", error.point if isinstance(error, RefusedError) else None


def _coordinate(value: Value, reference: Value | None, axis: str) -> float:
    letter = _word(reference)
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


def _grain(value: Value | None) -> float:
    """The step in degrees in which a coordinate is written; seconds of 0 say nothing."""
    if isinstance(value, str):
        return grain_of_text(value)
    if not isinstance(value, tuple):
        return 0.0
    parts = [part for part in value if isinstance(part, tuple)]
    while len(parts) > 1 and parts[-1][0] == 0:
        parts.pop()
    return step(int(parts[-1][0]), int(parts[-1][1])) / 60.0 ** (len(parts) - 1) if parts else 0.0


def _height(tags: ExifTags) -> float | None:
    meters = _number(tags.gps.get(_ALTITUDE))
    below = tags.gps.get(_ALTITUDE - 1)
    sign = below[0] if isinstance(below, tuple | bytes) and below else below
    return None if meters is None else -abs(meters) if sign in _BELOW else meters


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
    sign = {"+": 1, "-": -1}.get(text[:1], 0)
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


def _word(value: Value | None) -> str:
    text = value.decode("latin-1") if isinstance(value, bytes) else value if isinstance(value, str) else ""
    if isinstance(value, tuple) and value and isinstance(value[0], int) and 0 < value[0] < 128:
        text = "".join(chr(c) for c in value if isinstance(c, int) and 0 < c < 128)  # letters as numbers
    return text.strip(" \0")


def _number(value: Value | None) -> float | None:
    numbers = _numbers(value)
    return numbers[0] if numbers and math.isfinite(numbers[0]) else None


def _numbers(value: Value | None) -> Sequence[float] | None:
    """Floats, or None if there are none or one is a rational with denominator 0."""
    if not isinstance(value, tuple) or not value:
        return None
    pairs = [part if isinstance(part, tuple) else (part, 1) for part in value]
    return None if any(below == 0 for _, below in pairs) else [above / below for above, below in pairs]
