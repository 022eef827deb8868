"""CSV and TSV as spreadsheets, exiftool, QGIS and scripts write them (RFC 4180, loosely)."""

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

from placeprint.photos.lists.columns import roles
from placeprint.photos.lists.sheet import MAX_COLUMNS, MAX_ROWS, NotAListError, Row, Sheet

_SEPARATORS = ",;\t|"
_LONGEST_ROW = 50  # lines that a quoted field may span
_LINE = re.compile("\r\n|\r|\n")
_DECLARED = re.compile(r'"?sep=(.)"?[\s,;]*', re.I)
_OWN = {"status", "confidence", "radius_90_m"}


def read_delimited(table: Path, text: str) -> Sheet:
    """Rows by the names in the first line that is neither empty nor a comment (`#`).

    The separator is the one under which that line has most columns that are known, or what a line `sep=;`
    says. A row may lack its last fields, and may have empty ones too many. Raises `NotAListError` without a
    line of names.
    """
    lines = _LINE.split(text)
    start, separator, names = _header(table, lines)
    sheet = Sheet([], estimates={name.strip().lower() for name in names} >= _OWN, names=names)
    number = start + 1
    while number < len(lines):
        if len(sheet.rows) >= MAX_ROWS:
            raise NotAListError(f"{table} has more than {MAX_ROWS:,} rows", "Split it.")
        cells, used, problem = _row(lines, number, separator)
        if sheet.estimates:  # ours: what a spreadsheet would take for a formula has an apostrophe in front
            cells = [cell.removeprefix("'") for cell in cells]
        place = f"line {number + 1}"
        number += used
        if problem is not None:
            sheet.rows.append(Row(place, problem=problem))
        elif any(cell.strip() for cell in cells):
            extra = [cell for cell in cells[len(names) :] if cell.strip()]
            if extra:
                problem = f"{len(cells)} fields, but {len(names)} columns: is the separator within a value?"
            sheet.rows.append(Row(place, dict(zip(names, cells, strict=False)), problem))
    return sheet


def looks_delimited(table: Path, text: str) -> bool:
    """Whether the first line names a column of photos."""
    try:
        names = _header(table, _LINE.split(text[:65536]))[2]
    except NotAListError:
        return False
    return "path" in roles(names)


def _header(table: Path, lines: Sequence[str]) -> tuple[int, str, list[str]]:
    """(number of its line from 0, separator, unique names)."""
    separators, commented = _SEPARATORS, None
    for number, line in enumerate(lines):
        if number == 0 and (declared := _DECLARED.fullmatch(line.strip())):
            separators = declared[1]
            continue
        if not line.strip(" \t,;|"):
            continue
        if line.lstrip().startswith("#"):
            commented = (number, line.lstrip("# \t"))
            continue
        best = _best(line, separators)
        if commented is not None and not roles(best[1]):  # a script's `# path,lat,lon`
            named = _best(commented[1], separators)
            if "path" in roles(named[1]):
                return commented[0], named[0], named[1]
        if len(best[1]) > MAX_COLUMNS:
            raise NotAListError(f"{table} has {len(best[1]):,} columns", "Give path, lat and lon.")
        return number, *best
    raise NotAListError(f"{table} has no line that names its columns", "Begin with: path,lat,lon")


def _best(line: str, separators: str) -> tuple[str, list[str]]:
    named = [(mark, _unique(_cells(line, mark) or [line])) for mark in separators]
    return max(named, key=lambda pair: (sum(map(len, roles(pair[1]).values())), len(pair[1])))


def _unique(names: Sequence[str]) -> list[str]:
    seen: set[str] = set()
    found = []
    for i, name in enumerate(name.strip() for name in names):
        found.append(f"{name} (column {i + 1})" if not name or name in seen else name)
        seen.add(name)
    return found


def _row(lines: Sequence[str], number: int, separator: str) -> tuple[list[str], int, str | None]:
    """(cells, lines used, problem). A quote that is never closed costs its own line, not the rest."""
    text = lines[number]
    for used in range(1, _LONGEST_ROW + 1):
        try:
            return _strict(text, separator), used, None
        except csv.Error as error:
            if "unexpected end" not in str(error):
                return [], 1, _reason(error)
        if number + used >= len(lines) or len(text) > 1_000_000:
            break
        text = f"{text}\n{lines[number + used]}"
    return [], 1, "a quote is not closed"


def _strict(text: str, separator: str) -> list[str]:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True, skipinitialspace=True)
    return next(rows, [])


def _cells(text: str, separator: str) -> list[str]:
    try:
        return _strict(text, separator)
    except csv.Error:
        return text.split(separator)


def _reason(error: csv.Error) -> str:
    text = str(error)
    return "text after a closing quote" if "expected after" in text else text
