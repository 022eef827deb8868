"""What a row says besides path and position. What cannot be read is left out and told, not the photo."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from placeprint.photos.lists.columns import Column
from placeprint.photos.lists.position import Roles, filled
from placeprint.photos.lists.values.numbers import decimal, meters, text_of
from placeprint.photos.lists.values.times import parse_time

_HEADING = re.compile(
    r"([-+]?[0-9.,eE+-]+)\s*(?:°|deg(?:rees?)?\.?)?\s*(T|M|true|magnetic)?(?: north)?", re.I
)
_HIGHEST = 100_000.0  # meters


@dataclass(slots=True)
class Details:
    """`lost`: for each column that was given and not read, why."""

    heading: float | None = None
    magnetic: bool = False
    time: datetime | None = None
    altitude: float | None = None
    accuracy: float | None = None
    panorama: str | None = None
    lost: list[str] = field(default_factory=list)


def row_details(roles: Roles, fields: Mapping[str, Any], decimal_comma: bool = False) -> Details:
    """Heading, time, altitude, accuracy and panorama of a row. Never raises."""
    details = Details()
    true, magnetic = (filled(roles.get(name, ()), fields) for name in ("heading", "magnetic heading"))
    side = next((text for _, text in filled(roles.get("heading side", ()), fields)), "")
    read = [_number(details, c, text, lambda t, c=c: _heading(t, c.factor)) for c, text in true or magnetic]
    if (heading := _one(details, true or magnetic, read, 0.5)) is not None:
        says = side or _written_side(true or magnetic)
        details.heading = heading % 360.0 % 360.0
        details.magnetic = says[:1].upper() == "M" or not true
    for name, least, most in (("altitude", -_HIGHEST, _HIGHEST), ("accuracy", 0.0, _HIGHEST)):
        texts = filled(roles.get(name, ()), fields)
        values = [
            _number(details, c, text, lambda t, c=c: meters(t, decimal_comma) * c.factor) for c, text in texts
        ]
        value = _one(details, texts, values, 0.5)
        if value is not None and not least <= value <= most:
            if name == "altitude":
                details.lost.append(f"{texts[0][0].name} {texts[0][1][:40]!r} is not an altitude")
            value = None  # phones say -1 for an accuracy that they do not know
        if name == "altitude":
            details.altitude = _below(roles, fields, value)
        else:
            details.accuracy = value or None
    details.time = _time(details, roles, fields)
    panorama = next((text for _, text in filled(roles.get("panorama", ()), fields)), None)
    details.panorama = panorama and panorama.encode("utf-8", "backslashreplace").decode()  # half characters
    return details


def _number(details: Details, column: Column, text: str, read: Any) -> float | None:
    try:
        return float(read(text))
    except ValueError as error:
        details.lost.append(f"{column.name}: {error}")
        return None


def _one(
    details: Details, texts: Sequence[tuple[Column, str]], values: Sequence[float | None], near: float
) -> float | None:
    """The value, unless two columns differ."""
    known = [(c.name, v) for (c, _), v in zip(texts, values, strict=True) if v is not None]
    for name, value in known[1:]:
        if abs((value - known[0][1] + 180.0) % 360.0 - 180.0) > near:
            details.lost.append(f"columns {known[0][0]!r} and {name!r} differ")
            return None
    return known[0][1] if known else None


def _heading(text: str, factor: float) -> float:
    found = _HEADING.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:40]!r} is not a heading in degrees")
    value = decimal(found[1]) * factor
    if not -360.0 <= value <= 360.0:
        raise ValueError(f"{text[:40]!r} is not a heading in degrees")
    return value


def _written_side(texts: Sequence[tuple[Column, str]]) -> str:
    found = _HEADING.fullmatch(texts[0][1])
    return (found[2] or "") if found else ""


def _below(roles: Roles, fields: Mapping[str, Any], altitude: float | None) -> float | None:
    side = next((text for _, text in filled(roles.get("altitude side", ()), fields)), "")
    below = side.lower() in ("1", "1.0", "3") or side.lower().startswith("below")
    return -abs(altitude) if altitude is not None and below else altitude


def _time(details: Details, roles: Roles, fields: Mapping[str, Any]) -> datetime | None:
    zone = next((text for _, text in filled(roles.get("time zone", ()), fields)), "")
    lost = []
    for column in roles.get("time", ()):
        text = text_of(fields.get(column.name))
        try:
            if text and (time := parse_time(text, zone)) is not None:
                return time
        except (ValueError, OverflowError, OSError) as error:
            lost.append(f"{column.name}: {error}")
    details.lost += lost[:1]
    return None
