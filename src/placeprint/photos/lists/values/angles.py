"""Latitudes and longitudes as people and programs write them: decimal, or degrees, minutes and seconds."""

import re
from collections.abc import Iterator

from placeprint.photos.lists.values.numbers import decimal

_NUMBER = r"[0-9]+(?:[.,][0-9]*)?"
_DEGREE = r"(?:°|º|˚|&deg;|deg(?:rees?)?\.?)"
_MINUTE = r"(?:'|′|’|‘|´|`|min\.?)"
_SECOND = r"(?:\"|″|”|“|''|′′|’’|´´|sec\.?)"
_SIDE = r"(?:north|south|east|west|[nsew])\.?"
_FORMS = tuple(
    re.compile(rf"(?P<before>{_SIDE})?[\s:]*(?P<sign>[+-])?\s*{parts}\s*,?\s*(?P<after>{_SIDE})?", re.I)
    for parts in (
        rf"(?P<d>{_NUMBER}|[.,][0-9]+)\s*{_DEGREE}?",
        rf"(?P<d>[0-9]+)\s*(?:{_DEGREE}|[:,\s])\s*(?P<m>{_NUMBER})\s*{_MINUTE}?",
        rf"(?P<d>[0-9]+)\s*(?:{_DEGREE}|[:,\s])\s*(?P<m>[0-9]+)(?:\.0*)?\s*(?:{_MINUTE}|[:,\s])\s*"
        rf"(?P<s>{_NUMBER})\s*{_SECOND}?",
        rf"(?P<d>[0-9]+)\s*d\s*(?P<m>{_NUMBER})\s*m(?:\s*(?P<s>{_NUMBER})\s*s)?",
    )
)
_COMMAS = re.compile(r",\s|,.*,|,.*[\s:]|[\s:].*,")
_ANY_SIDE = re.compile(r"[NSEW]", re.I)
_BETWEEN = re.compile(r"\s*[,;/|]\s*|\s+")
_LONGEST = 120


def angle(text: str, axis: str, side: str = "") -> float:
    """Signed degrees of a latitude (`axis` "NS") or longitude ("EW").

    `side` is what a column of its own says: N, S, E, W or the word. Reads `61.83`, `61,83`, `61.83° N`,
    `61 deg 49' 49.41" N`, `N 61° 49.82'`, `61:49:49.4N`, `61d49m49.4s N`, `61,49.82N`. Minutes without a
    letter or a sign are refused, because exiftool writes the southern half so. Raises `ValueError`.
    """
    value, letter, plain = _parsed(text)
    column = _letter(side)
    if letter and column and letter != column:
        raise ValueError(f"{text!r} contradicts {side!r}")
    letter = letter or column
    if not letter:
        if not plain:
            raise ValueError(f"{text!r} does not say {axis[0]} or {axis[1]}")
        return value
    if letter not in axis:
        raise ValueError(f"{letter} is neither {axis[0]} nor {axis[1]}")
    if value < 0 and letter == axis[0]:
        raise ValueError(f"{text!r} is negative, but said to be {letter}")
    return -abs(value) if letter == axis[1] else value


def pair(text: str) -> tuple[float, float]:
    """(lat, lon) of one text: `55.7081, 13.1912`, `55,7 13,2`, `55°42'N 13°11'E`; letters tell the order.

    Raises `ValueError` for anything that can be read in no way or in two.
    """
    inner = text.strip().removeprefix("geo:").partition(";u=")[0].strip("()[]{} ")
    if len(inner) > _LONGEST:
        raise ValueError(f"{text[:40]!r}... is not a latitude and a longitude")
    found = set(_splits(inner))
    if len(found) != 1:
        what = "is not a latitude and a longitude" if not found else "can be read in two ways"
        raise ValueError(f"{text!r} {what}")
    return found.pop()


def _splits(text: str) -> Iterator[tuple[float, float]]:
    for between in _BETWEEN.finditer(text):
        left, right = text[: between.start()], text[between.end() :]
        if any(_COMMAS.search(half) and not _ANY_SIDE.search(half) for half in (left, right)):
            continue  # a comma between minutes and seconds only beside a letter
        for first, second in (("NS", "EW"), ("EW", "NS")):
            try:
                one, other = angle(left, first), angle(right, second)
                if first == "EW" and not (_parsed(left)[1] and _parsed(right)[1]):
                    continue  # longitude first only where letters say so
            except ValueError:
                continue
            yield (one, other) if first == "NS" else (other, one)


def _parsed(text: str) -> tuple[float, str, bool]:
    """(degrees, letter or "", whether it is safe without a letter)."""
    if len(text) > _LONGEST:
        raise ValueError(f"{text[:40]!r}... is not a coordinate")
    try:
        return decimal(text), "", True
    except ValueError as error:
        if "lost digits" in str(error):
            raise
    found = next(filter(None, (form.fullmatch(text) for form in _FORMS)), None)
    if found is None:
        raise ValueError(f"{text!r} is not a coordinate")
    said = found.groupdict()
    if said["before"] and said["after"]:
        raise ValueError(f"{text!r} names two directions")
    degrees, minutes, seconds = (decimal(said.get(name) or "0") for name in "dms")
    if minutes >= 60.0 or seconds > 60.0:
        raise ValueError(f"{text!r} has minutes or seconds of 60 or more")
    size = degrees + minutes / 60.0 + seconds / 3600.0
    value = -size if said["sign"] == "-" else size
    return value, _letter(said["before"] or said["after"] or ""), bool(said["sign"] or not said.get("m"))


def _letter(side: str) -> str:
    return side.strip().upper()[:1]
