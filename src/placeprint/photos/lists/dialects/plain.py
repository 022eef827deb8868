"""Text without a line of names: ODM's `geo.txt`, COLMAP's `gps.txt`, a path a line."""

import re
from collections.abc import Sequence
from pathlib import Path, PurePath

from placeprint.photos.lists.sheet import CRS, MAX_ROWS, NotAListError, Row, Sheet
from placeprint.photos.lists.values.projected import system
from placeprint.photos.walk import EXTENSIONS

_ODM = ("x", "y", "altitude", "yaw", "pitch", "roll", "h_acc", "v_acc")
_COLMAP = ("lat", "lon", "altitude")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|nan", re.I)
_NAMED_GPS = re.compile(r"gps|lat_?lon", re.I)
_LONGEST = 5000  # characters of a line
_QUOTED = re.compile(r'^"([^"]*)"|^\'([^\']*)\'')


def read_plain(table: Path, text: str) -> Sheet:
    """ODM: the first line is the coordinate system, then `image x y [z [yaw pitch roll [h_acc v_acc]]]`, with
    longitude before latitude. COLMAP: `image lat lon altitude` in a file named like `gps.txt`, because the
    same form holds meters elsewhere. Otherwise each line is a path. Lines of `#` are comments.
    """
    lines = [(i, line.strip()) for i, line in enumerate(text.splitlines(), 1)]
    lines = [(i, line) for i, line in lines if line and not line.startswith("#")]
    if len(lines) > MAX_ROWS:
        raise NotAListError(f"{table} has more than {MAX_ROWS:,} rows", "Split it.")
    if not lines:
        return Sheet([], bare=True)
    first = lines[0][1]
    if _is_system(first):
        return Sheet([_row(i, line, _ODM, 2, {CRS: first}) for i, line in lines[1:]])
    split = [_split(line) for _, line in lines]
    numbered = sum(len(numbers) >= 2 for _, numbers in split)
    if numbered <= len(lines) / 2:
        return Sheet([Row(f"line {i}", {"path": _unquoted(line)}) for i, line in lines], bare=True)
    if not _NAMED_GPS.search(table.stem):
        raise NotAListError(
            f"{table} does not say what its numbers are",
            "Begin with a line such as `path lat lon`, or with EPSG:4326 as ODM does; or call it gps.txt if "
            "they are latitude, longitude and altitude.",
        )
    return Sheet([_row(i, line, _COLMAP, 2, {}) for i, line in lines])


def read_spaced(text: str) -> Sheet:
    """A line of names, then rows, separated by white space."""
    lines = [(i, line.split()) for i, line in enumerate(text.splitlines(), 1)]
    lines = [(i, words) for i, words in lines if words and not (words[0].startswith("#") and i > 1)]
    names = [name.lstrip("#") for name in lines[0][1] if name != "#"]
    rows = []
    for i, words in lines[1:]:
        problem = None if len(words) == len(names) else f"{len(words)} fields, but {len(names)} columns"
        rows.append(Row(f"line {i}", dict(zip(names, words, strict=False)), problem))
    return Sheet(rows)


def _is_system(line: str) -> bool:
    if not re.match(r"epsg|wgs|utm|\+proj|srid|urn:", line, re.I):
        return False
    try:
        system(line)
    except ValueError as error:
        return "north or south" in str(error) or line.upper().startswith(("EPSG", "+PROJ", "WGS"))
    return True


def _row(i: int, line: str, names: Sequence[str], least: int, more: dict[str, str]) -> Row:
    path, numbers = _split(line)
    problem = None if path and len(numbers) >= least else "is not a name and two numbers or more"
    return Row(f"line {i}", {"path": path, **dict(zip(names, numbers, strict=False)), **more}, problem)


def _split(line: str) -> tuple[str, list[str]]:
    """(name, the numbers after it): the name, which may have spaces, ends at a photo's extension."""
    line = line[:_LONGEST]
    if quoted := _QUOTED.match(line):
        name, rest = quoted[1] or quoted[2] or "", line[quoted.end() :]
        return name, _numbers(re.split(r"[\s,;]+", rest.strip(" ,;\t")))
    words = re.split(r"([\s,;]+)", line)
    ends = [i for i in range(0, len(words), 2) if PurePath(words[i]).suffix.lower() in EXTENSIONS]
    end = ends[0] if ends else 0
    return "".join(words[: end + 1]).strip(), _numbers(words[end + 2 :: 2])


def _numbers(words: Sequence[str]) -> list[str]:
    """The words up to the first that is no number."""
    count = next((i for i, word in enumerate(words) if not _NUMBER.fullmatch(word)), len(words))
    return list(words[:count])


def _unquoted(line: str) -> str:
    return line[1:-1] if len(line) > 2 and line[0] == line[-1] and line[0] in "\"'" else line
