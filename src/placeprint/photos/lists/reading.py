"""A list of photos in any of the dialects, as records."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from placeprint.geo import GeoPoint
from placeprint.photos.lists.columns import Column, roles
from placeprint.photos.lists.details import Details, row_details
from placeprint.photos.lists.dialects.delimited import looks_delimited, read_delimited
from placeprint.photos.lists.dialects.items import read_json, read_json_lines
from placeprint.photos.lists.dialects.plain import read_plain, read_spaced
from placeprint.photos.lists.encoding import MAX_BYTES, texts
from placeprint.photos.lists.files import ListedFiles, MissingError, identity
from placeprint.photos.lists.position import (
    DifferingColumnsError,
    SwappedError,
    has_position,
    row_point,
)
from placeprint.photos.lists.sheet import NotAListError, Row, Sheet
from placeprint.photos.lists.values.numbers import text_of
from placeprint.photos.record import PhotoList, PhotoRecord, Skipped
from placeprint.photos.walk import excluded

SUFFIXES = (".csv", ".tsv", ".txt", ".json", ".geojson", ".jsonl", ".ndjson", ".geojsonl")
COLUMNS = ("path", "lat", "lon", "heading", "time", "altitude", "panorama", "accuracy")
_WANTED = "path, lat, lon, and optionally heading, time, altitude, accuracy, panorama"
_NOTED = 20
_COMMA = re.compile(r"[+-]?[0-9]{1,3},[0-9]+[^.]*$")
_SURE_COMMA = re.compile(r"[+-]?[0-9]+,(?:[0-9]{1,2}|[0-9]{4,})$")


def read_list(
    table: Path, where: Mapping[str, str] | None = None, positions: bool = True, exclude: Sequence[str] = ()
) -> tuple[PhotoList, bool]:
    """The photos of a list whose columns equal all of `where`, in the order of the list; and whether it is of
    paths alone, so that positions are in the photos.

    A row that cannot be used, whose photo is missing or was listed before, or (with `positions`) that states
    no position, is skipped with its line and the reason. A heading, time, altitude or accuracy that cannot be
    read is left out, and `notes` say so. Raises `PlaceprintError` for a file that is no list, and with
    `positions` for one whose positions cannot be trusted: two columns that differ, latitude and longitude
    swapped, places that placeprint estimated.
    """
    files = ListedFiles(table.parent)
    sheet = _sheet(table, files)
    names = sheet.columns()
    known = roles(names)
    if sheet.rows and "path" not in known and not all(row.problem for row in sheet.rows):
        said = ", ".join(repr(name) for name in names[:12])
        raise NotAListError(
            f"{table} has no column of photos (such as 'path'), but {said}", f"Give {_WANTED}."
        )
    if sheet.rows and all(row.problem for row in sheet.rows) and not names:
        first = sheet.rows[0]
        raise NotAListError(f"{table}: {first.place} {first.problem}", f"Give {_WANTED}.")
    if positions and sheet.estimates:
        raise NotAListError(
            f"{table} holds places that placeprint estimated, which are no references",
            "Give the list of the photos whose positions were measured.",
        )
    if positions and sheet.rows and not sheet.bare and not has_position(known):
        raise NotAListError(
            f"{table} has no columns of a position (such as 'lat' and 'lon')", f"Give {_WANTED}."
        )
    chosen = _chosen(table, sheet.rows, names, known, where)
    stated = _positions(table, chosen, known, required=positions and not sheet.bare)
    if sheet.estimates:
        stated = [_Stated() for _ in chosen]
    required = positions and not sheet.bare
    return _records(table, files, chosen, known, stated, required, exclude), sheet.bare


@dataclass(slots=True)
class _Stated:
    point: GeoPoint | None = None
    problem: str | None = None


def _sheet(table: Path, files: ListedFiles) -> Sheet:
    """The list, in the encoding under which most of its photos exist."""
    try:
        with table.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise NotAListError(f"{table} cannot be read ({error.strerror})", "Check the path.") from error
    if len(content) > MAX_BYTES:
        raise NotAListError(f"{table} is larger than {MAX_BYTES >> 20} MB", "Split it.")
    best, most = None, -1
    for text in texts(table, content):
        sheet = _parsed(table, text)
        found = 0 if content.isascii() else _existing(sheet, files)
        if found > most:
            best, most = sheet, found
    if best is None:
        raise NotAListError(f"{table} is not text", "Give a list as CSV, JSON or GeoJSON in UTF-8.")
    return best


def _parsed(table: Path, text: str) -> Sheet:
    """By its content, because names of files do not always say what is in them."""
    text = text.removeprefix("\ufeff")
    start, suffix = text.lstrip()[:2], table.suffix.lower()
    if suffix in (".jsonl", ".ndjson", ".geojsonl"):
        return read_json_lines(table, text)
    if start[:1] == "{" or (start[:1] == "[" and suffix != ".txt") or suffix in (".json", ".geojson"):
        return read_json(table, text)
    if start[:1] == "<":
        raise NotAListError(
            f"{table} is XML, not a list of photos", "Save it as CSV; a GPX track goes with --track."
        )
    if suffix in (".csv", ".tsv") or looks_delimited(table, text):
        return read_delimited(table, text)
    first = next((line for line in text.splitlines() if line.strip()), "")
    if "path" in (named := roles(first.lstrip("# ").split())) and len(named) > 1:
        return read_spaced(text)
    return read_plain(table, text)


def _existing(sheet: Sheet, files: ListedFiles) -> int:
    known, count = roles(sheet.columns()), 0
    for row in sheet.rows:
        text = _path_text(known, row.fields)
        if text.isascii():
            continue
        try:
            count += bool(files.direct(text) or files.by_name(text, set()))
        except MissingError:
            continue
    return count


def _chosen(
    table: Path,
    rows: Sequence[Row],
    names: Sequence[str],
    known: Mapping[str, Sequence[Column]],
    where: Mapping[str, str] | None,
) -> list[Row]:
    columns = {}
    for name in where or {}:
        own = [n for n in names if n.strip() == name] or [c.name for c in known.get(name, ())]
        if rows and not own:
            raise NotAListError(
                f"{table} has no column {name!r}", f"Its columns: {', '.join(sorted(names))}."
            )
        columns[name] = own
    return [row for row in rows if _fits(row, columns, where or {})]


def _fits(row: Row, columns: Mapping[str, Sequence[str]], where: Mapping[str, str]) -> bool:
    for key, wanted in where.items():
        values = [row.fields.get(name) for name in columns[key]]
        if str(wanted) not in ["" if value is None else str(value).strip() for value in values]:
            return False
    return True


def _positions(
    table: Path, rows: Sequence[Row], known: Mapping[str, Sequence[Column]], required: bool
) -> list[_Stated]:
    """What each row states; with `required`, refuses a list that contradicts itself."""
    comma = _decimal_comma(rows, known)
    stated, swapped = [], 0
    for row in rows:
        found = _Stated(problem=row.problem)
        try:
            if row.problem is None:
                found.point = row_point(known, row.fields, comma)
        except DifferingColumnsError as error:
            if required:
                raise NotAListError(
                    f"{table}, {row.place}: {error}", "Remove the columns that are not meant."
                ) from None
        except SwappedError as error:
            swapped += 1
            found.problem = str(error)
        except ValueError as error:
            found.problem = str(error)
        stated.append(found)
    placed = sum(found.point is not None for found in stated)
    if required and swapped > placed:
        raise NotAListError(
            f"{table}: latitude and longitude look swapped in {swapped} of {len(rows)} rows",
            "Swap the names of the two columns.",
        )
    return stated


def _decimal_comma(rows: Sequence[Row], known: Mapping[str, Sequence[Column]]) -> bool:
    """Whether the list writes its coordinates with a comma."""
    for roles_, written in ((("lat", "lon"), _COMMA), (("easting", "northing"), _SURE_COMMA)):
        names = [column.name for role in roles_ for column in known.get(role, ())]
        cells = (str(row.fields.get(name) or "").strip() for row in rows[:100] for name in names)
        if any(written.match(cell) for cell in cells):
            return True
    return False


def _records(
    table: Path,
    files: ListedFiles,
    rows: Sequence[Row],
    known: Mapping[str, Sequence[Column]],
    stated: Sequence[_Stated],
    required: bool,
    exclude: Sequence[str],
) -> PhotoList:
    found = PhotoList()
    paths = _paths(files, rows, known, found)
    lines: dict[Any, str] = {}
    lost: Counter[str] = Counter()
    told: list[str] = []
    comma = _decimal_comma(rows, known)
    for row, where, path in zip(rows, stated, paths, strict=True):
        text = _path_text(known, row.fields)
        if isinstance(path, Path) and excluded(path, table.parent, exclude):
            found.ignored["excluded"] = found.ignored.get("excluded", 0) + 1
            continue
        if (reason := _left_out(row, where, path, text, lines, required)) is not None:
            named = path if isinstance(path, Path) else _spelled(table, row, text)
            found.skipped.append(Skipped(named, f"{reason} ({row.place} of {table.name})"))
            continue
        assert isinstance(path, Path)
        details = row_details(known, row.fields, comma)
        for reason in details.lost:
            lost[reason.partition(":")[0].partition(" '")[0]] += 1
            told.append(f"{row.place}: {path.name}: {reason}")
        found.photos.append(_record(path, where.point, details))
    shown = told[:_NOTED] + ([f"... and {len(told) - _NOTED} more"] if len(told) > _NOTED else [])
    if told:
        what = ", ".join(f"{count} x {name}" for name, count in lost.most_common())
        found.notes.append(f"{table}: left out of photos that are used, because unreadable: {what}")
        found.notes.extend(f"  {line}" for line in shown)
    return found


def _record(path: Path, point: GeoPoint | None, details: Details) -> PhotoRecord:
    if point is not None and point.altitude is None and details.altitude is not None:
        point = GeoPoint(point.lat, point.lon, details.altitude)
    return PhotoRecord(
        path=path,
        point=point,
        heading=details.heading,
        time=details.time,
        panorama=details.panorama,
        magnetic=details.magnetic,
        accuracy=details.accuracy if point is not None else None,
        source="list" if point is not None else "",
    )


def _paths(
    files: ListedFiles, rows: Sequence[Row], known: Mapping[str, Sequence[Column]], found: PhotoList
) -> list[Path | str]:
    """The file of each row, or why there is none. Files at the very path go before those of like names."""
    paths: list[Path | str] = []
    claimed = set()
    for row in rows:
        text = _path_text(known, row.fields)
        try:
            path = None if row.problem or not text else files.direct(text)
        except MissingError as error:
            paths.append(str(error))
            continue
        paths.append(path or "")
        if path is not None and (its := identity(path)) is not None:
            claimed.add(its)
    guessed = 0
    for i, row in enumerate(rows):
        text = _path_text(known, row.fields)
        if paths[i] or row.problem or not text:
            continue
        try:
            paths[i] = files.by_name(text, claimed)
            guessed += 1
        except MissingError as error:
            paths[i] = str(error)
    if guessed:
        found.notes.append(
            f"{guessed} photos are not at the listed path, but found by name below {files.folder}"
        )
    return paths


def _left_out(
    row: Row, stated: _Stated, path: Path | str, text: str, lines: dict[Any, str], required: bool
) -> str | None:
    if row.problem is not None:
        return row.problem
    if not text:
        return "has no path"
    if isinstance(path, str):
        return path
    key = identity(path)
    if key is None:
        return "is a link to a file that does not exist"
    if not path.is_file():
        return "is not a file"
    if key in lines:
        return f"is listed before ({lines[key]})"
    lines[key] = row.place
    if required and stated.point is None:
        return stated.problem or "has no position in the list"
    return None


def _path_text(known: Mapping[str, Sequence[Column]], fields: Mapping[str, Any]) -> str:
    """The first path that is given; with a column of folders, a bare name is in that folder."""
    texts = (str(value).strip() for c in known.get("path", ()) if text_of(value := fields.get(c.name)))
    path = next(texts, "")
    folder = next((text_of(fields.get(c.name)) for c in known.get("folder", ())), "")
    if path and folder and folder != "." and "/" not in path and "\\" not in path:
        return f"{folder.rstrip('/').rstrip(chr(92))}/{path}"
    return path


def _spelled(table: Path, row: Row, text: str) -> Path:
    """The listed path if it can be one, else the place in the list."""
    legible = "".join(c if c.isprintable() else "\ufffd" for c in text[:200])
    return (
        table.parent / legible
        if text and not row.problem
        else Path(f"{table}:{row.place.removeprefix('line ')}")
    )
