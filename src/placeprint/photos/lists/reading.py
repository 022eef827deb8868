"""A list of photos in any of the dialects, as records."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from placeprint.errors import PlaceprintError
from placeprint.photos.lists.columns import Column, roles
from placeprint.photos.lists.files import ListedFiles
from placeprint.photos.lists.opening import open_sheet
from placeprint.photos.lists.position import (
    DifferingColumnsError,
    SwappedError,
    has_position,
    row_point,
)
from placeprint.photos.lists.records import Stated, make_records
from placeprint.photos.lists.sheet import NotAListError, Row
from placeprint.photos.record import PhotoList

SUFFIXES = (".csv", ".tsv", ".txt", ".json", ".geojson", ".jsonl", ".ndjson", ".geojsonl")
COLUMNS = ("path", "lat", "lon", "heading", "time", "altitude", "panorama", "accuracy")
_WANTED = "path, lat, lon, and optionally heading, time, altitude, accuracy, panorama"
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
    sheet = open_sheet(table, files)
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
        raise PlaceprintError(
            f"{table} holds places that placeprint estimated, which are no references",
            "Give the list of the photos whose positions were measured.",
        )
    if positions and sheet.rows and not sheet.bare and not has_position(known):
        raise NotAListError(
            f"{table} has no columns of a position (such as 'lat' and 'lon')", f"Give {_WANTED}."
        )
    chosen = _chosen(table, sheet.rows, names, known, where)
    required, comma = positions and not sheet.bare, _decimal_comma(chosen, known)
    stated = _positions(table, chosen, known, required, comma)
    if sheet.estimates:
        stated = [Stated() for _ in chosen]
    found = make_records(table, files, chosen, known, stated, required, comma, exclude)
    return found, sheet.bare


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
    table: Path, rows: Sequence[Row], known: Mapping[str, Sequence[Column]], required: bool, comma: bool
) -> list[Stated]:
    """What each row states; with `required`, refuses a list that contradicts itself."""
    stated, swapped = [], 0
    for row in rows:
        found = Stated(problem=row.problem)
        try:
            if row.problem is None:
                found.point = row_point(known, row.fields, comma)
        except DifferingColumnsError as error:
            if required:
                raise PlaceprintError(
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
        raise PlaceprintError(
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
