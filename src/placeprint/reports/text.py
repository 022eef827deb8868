"""Paths, angles, lengths and confidences for people."""

import re
from pathlib import PurePath

from placeprint.placemap.place import Answer, Orientation, Place

# What XML 1.0 forbids (§2.2): control characters, lone surrogates of undecodable file names, U+FFFE/F; and
# the control characters that it allows, because a terminal obeys them (U+009B begins its commands).
_ILLEGIBLE = re.compile("[^\t\n\r\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Direction overrides would make a name look like another one.
_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")


def legible(text: str | None) -> str:
    """The same text with U+FFFD for what XML or UTF-8 cannot represent or misleads a reader; "" for None."""
    return _OVERRIDES.sub("\ufffd", _ILLEGIBLE.sub("\ufffd", text or ""))


def query_name(query: str | None, name: str | None = None) -> str:
    """The file name of a query on one line, or the `name` that it was given, or words for a photo without."""
    return one_line(name or PurePath(query).name) if query else "photo in memory"


def one_line(text: str) -> str:
    """Legible, without breaks and tabs."""
    return re.sub("[\t\n\r]", "\ufffd", legible(text))


def map_link(lat: float, lon: float) -> str:
    """The place on openstreetmap.org; nothing is asked of it before someone follows the link."""
    at = f"{lat:.6f}", f"{lon:.6f}"
    return f"https://www.openstreetmap.org/?mlat={at[0]}&mlon={at[1]}#map=18/{at[0]}/{at[1]}"


def remarks(answer: Answer) -> list[str]:
    """What else a reader must know of an answer: that the photo was turned or mirrored, or is in the map."""
    found = []
    if isinstance(answer, Place) and answer.orientation is not Orientation.AS_IT_IS:
        found.append(f"found only when {answer.orientation}")
    in_map = getattr(answer, "in_map", None)
    if in_map is not None:
        found.append(f"the same file is in the map: {legible(in_map)}")
    return found


def coordinates(lat: float, lon: float) -> str:
    """ "55.708912° N, 13.192345° E": six decimals are 0.1 m."""
    return f"{abs(lat):.6f}° {'S' if lat < 0 else 'N'}, {abs(lon):.6f}° {'W' if lon < 0 else 'E'}"


def confidence_words(confidence: float) -> str:
    """A calibrated confidence in words."""
    for least, words in ((0.95, "almost certain"), (0.8, "very likely"), (0.6, "likely"), (0.4, "a guess")):
        if confidence >= least:
            return words
    return "unlikely"


def compass(heading: float) -> str:
    """The nearest of eight directions: "NE" for 45 degrees."""
    return ("N", "NE", "E", "SE", "S", "SW", "W", "NW")[round(heading % 360.0 / 45.0) % 8]
