"""Times of photos as lists write them. A date whose day and month may be swapped is refused."""

import re
from datetime import UTC, datetime

_SEPARATED = re.compile(
    r"([0-9]{4})[:/_-]([0-9]{2})[:/_-]([0-9]{2})[ T_]+([0-9]{2})[:_-]([0-9]{2})(?:[:_-]([0-9]{2}))?"
    r"(?:[.,_]([0-9]{1,9}))?\s*(Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2})?"
)
_DOTTED = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})[ ,]+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")
_EPOCH = re.compile(r"1?[0-9]{9}(?:[0-9]{3})?(?:\.[0-9]{1,9})?")


def parse_time(text: str, zone: str = "") -> datetime | None:
    """ISO 8601, exiftool's `2020:01:02 03:04:05+02:00`, `02.01.2020 03:04`, seconds or milliseconds since
    1970; None for a clock that was never set (year 0000).

    `zone` (`+02:00`) is what a column of its own says. Raises `ValueError` for anything else.
    """
    if text.startswith("0000"):
        return None
    if _EPOCH.fullmatch(text):
        value = float(text)
        return datetime.fromtimestamp(value / 1000.0 if value >= 1e11 else value, UTC)
    if found := _DOTTED.fullmatch(text):
        day, month, year, hour, minute, second = (int(part or 0) for part in found.groups())
        time = datetime(year, month, day, hour, minute, second)
    elif found := _SEPARATED.fullmatch(text):
        *clock, part, written = found.groups()
        year, month, day, hour, minute, second = (int(number or 0) for number in clock)
        zone = written or zone
        time = datetime(year, month, day, hour, minute, second, int(f"{part or 0:0<6}"[:6]))
    else:
        try:
            time = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(f"{text[:40]!r} is not a time such as 2020-01-31T12:00:00+01:00") from None
    if time.tzinfo is None and zone:
        iso = "+00:00" if zone in ("Z", "UTC", "GMT") else zone
        return datetime.fromisoformat(f"{time.isoformat()}{iso}")
    return time
