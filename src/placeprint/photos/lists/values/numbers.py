"""Numbers as programs and spreadsheets write them. What may mean two numbers is refused."""

import math
import re
from typing import Any

EMPTY = frozenset(
    {"", "-", "--", "na", "n/a", "#n/a", "nan", "null", "(null)", "none", "nil", "undef", "unknown", "?"}
)
"""What stands in cells without a value, in lower case."""

_PLAIN = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]{1,3})?")
_GROUPED = (  # (form, decimal sign): 1,234,567.8  1.234.567,8  1 234 567,8  1'234'567.8
    (re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+|[+-]?[0-9]{1,3}(?:,[0-9]{3}){2,}"), "."),
    (re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+|[+-]?[0-9]{1,3}(?:\.[0-9]{3}){2,}"), ","),
    (re.compile(r"[+-]?[0-9]{1,3}(?:[ '’][0-9]{3})+(?:[.,][0-9]+)?"), ""),
)
_THREE = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")
_UNIT = re.compile(r"(.*[0-9.])\s*(m|meters?|metres?|ft|feet)\b\.?(?:\s+(above|below)\s+sea\s+level)?", re.I)
_SPACES = str.maketrans({"\u2212": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " "})
_FOOT = 0.3048


def text_of(value: Any) -> str:
    """The text of a cell; "" for what stands for no value."""
    text = "" if value is None else str(value).translate(_SPACES).strip()
    return "" if text.lower() in EMPTY else text


def decimal(text: str) -> float:
    """A number with a decimal point or a decimal comma, without groups of thousands: a coordinate.

    Raises `ValueError`, also for a number that a spreadsheet has rounded (`4.18E+06`).
    """
    if _COMMA.fullmatch(text):
        text = text.replace(",", ".")
    if not _PLAIN.fullmatch(text):
        raise ValueError(f"{_short(text)} is not a number")
    mantissa, e, exponent = text.lower().partition("e")
    if e and int(exponent) > len(mantissa.partition(".")[2]):
        raise ValueError(f"{_short(text)} has lost digits: format the column as a number")
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{_short(text)} is not a finite number")
    return value


def quantity(text: str, decimal_comma: bool = False) -> float:
    """A number that may have groups of thousands, in whichever style: meters.

    Raises `ValueError` for `1,234`, which means 1.234 to some and 1234 to others, and for `1.234` in a list
    whose coordinates have a decimal comma.
    """
    if _THREE.fullmatch(text) and (decimal_comma if "." in text else not decimal_comma):
        raise ValueError(f"{_short(text)} may be a decimal or thousands")
    for style, point in _GROUPED:
        if style.fullmatch(text):
            whole, _, part = text.replace(",", ".").rpartition(".") if point == "" else text.partition(point)
            if point == "" and not whole:  # groups alone
                whole, part = text, ""
            if point == "" and len(part) == 3:
                raise ValueError(f"{_short(text)} may be a decimal or thousands")
            digits = re.sub(r"[ '’.,]", "", whole)
            return float(f"{digits}.{part or 0}")
    return decimal(text)


def meters(text: str, decimal_comma: bool = False) -> float:
    """A length such as `101.5`, `101.5 m`, `333 ft` or exiftool's `12.3 m Below Sea Level`."""
    found = _UNIT.fullmatch(text)
    if found is None:
        return quantity(text, decimal_comma)
    value = quantity(found[1].strip(), decimal_comma) * (_FOOT if found[2].lower().startswith("f") else 1.0)
    return -abs(value) if (found[3] or "").lower() == "below" else value


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")
