"""Latitude and longitude as written in photo metadata: degrees, minutes, seconds and a letter."""

import math
import re
from collections.abc import Sequence

from placeprint.geo import GeoPoint

_LETTERS = {"NORTH": "N", "SOUTH": "S", "EAST": "E", "WEST": "W"} | {letter: letter for letter in "NSEW"}
_WORD = "|".join(sorted(_LETTERS, key=len, reverse=True))
_PARTS = re.compile(rf"\s*({_WORD})?\s*([-+−]?(?:[0-9./,\s°º'’′\"”″:]|deg)+?)\s*({_WORD})?\s*", re.IGNORECASE)
_SEPARATORS = re.compile(r"(?:[,\s°º'’′\"”″:]|deg)+", re.IGNORECASE)
_LONGEST = 100


class NoPositionError(ValueError):
    """Why there is no position: a short phrase shown to the user."""


class RefusedError(NoPositionError):
    """The file itself says that `point` is not to be trusted; copies of it elsewhere in the file are not."""

    def __init__(self, why: str, point: GeoPoint) -> None:
        super().__init__(why)
        self.point = point


def number(text: str) -> float:
    """A decimal or a rational `a/b`. Raises `ValueError`."""
    above, _, below = text.replace("−", "-").partition("/")
    if not below:
        return float(above)
    if float(below) == 0.0:
        raise ValueError("a rational number with denominator 0")
    return float(above) / float(below)


def letter_of(reference: str, axis: str) -> str:
    """ "N" from "N", "n", "North"; `axis` is "NS" or "EW". Raises `NoPositionError` for anything else."""
    letter = _LETTERS.get(reference.strip(" \0").upper(), "")
    if not letter or letter not in axis:
        raise NoPositionError(f"the reference {reference!r} is neither {axis[0]} nor {axis[1]}")
    return letter


def parse_coordinate(text: str, axis: str, reference: str | None = None) -> float:
    """Signed degrees from "52,12.34N", "52,12,20.4 north", "52 deg 12' 20.4\\" N" or "-0.1".

    `axis` is "NS" or "EW". A letter or word (in the text, or the separate `reference`) determines the sign; a
    decimal without one carries its own. Raises `NoPositionError`, also where two signs contradict each other.
    """
    shown = text[:_LONGEST]
    found = _PARTS.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        raise NoPositionError(f"{shown!r} is not a coordinate")
    words = [word for word in _SEPARATORS.split(found[2]) if word]
    try:
        values = [number(word) for word in words]
    except ValueError as error:
        raise NoPositionError(f"{shown!r} is not a coordinate ({error})") from None
    said = {letter_of(word, axis) for word in (found[1], found[3], reference) if word}
    if len(said) > 1:
        raise NoPositionError(f"{shown!r} and the reference {reference!r} contradict each other")
    if said:
        return degrees(values, said.pop(), axis)
    if len(values) != 1:
        raise NoPositionError(f"{shown!r} does not say {axis[0]} or {axis[1]}")
    return values[0]


def degrees(values: Sequence[float], reference: str, axis: str) -> float:
    """Degrees, minutes, seconds (trailing ones may be missing) and a letter, as signed degrees.

    Negative degrees agree with S and W, and contradict N and E. Raises `NoPositionError` for that, for a
    letter of the other axis, minutes or seconds outside 0..60, or no value.
    """
    letter = letter_of(reference, axis)
    if not 1 <= len(values) <= 3 or not all(map(math.isfinite, values)):
        raise NoPositionError("the coordinate does not consist of one to three numbers")
    if any(not 0.0 <= part <= 60.0 for part in values[1:]):
        raise NoPositionError("minutes or seconds lie outside 0..60")
    if values[0] < 0.0 and letter == axis[0]:
        raise NoPositionError(f"{values[0]:g} and the letter {letter} contradict each other")
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


def grain_of_text(text: str) -> float:
    """The step in degrees in which a coordinate is written: 1e-5 for "52.12345", 1/60 for "52,12N"."""
    words = [word for word in re.split(r"[^0-9./]+", text) if any(c.isdigit() for c in word)]
    if not words:
        return 0.0
    while len(words) > 1 and not words[-1].strip("0."):  # whole minutes may be written with zero seconds
        words.pop()
    return _step(words[-1]) / 60.0 ** (len(words) - 1)


def _step(word: str) -> float:
    above, _, below = word.partition("/")
    if below:
        try:
            return step(int(above), int(below))
        except ValueError:
            return 0.0
    _, _, decimals = above.partition(".")
    return 10.0 ** -len(decimals.rstrip("0"))


def step(above: int, below: int) -> float:
    """The step of a rational: 1 for 360000/10000, a tenth for 361000/10000."""
    if below == 0:
        return 0.0
    rest = abs(below) // math.gcd(above, below)
    return 1.0 / rest


def finest(one: float, other: float) -> float:
    """The smaller of the steps of latitude and longitude, of those that are known: a coordinate that ends in
    zeros by chance does not make a position coarse. 0 if none is known.
    """
    return min((value for value in (one, other) if value > 0.0), default=0.0)
