"""Lists of photos: CSV, JSON (a list of objects), GeoJSON (points with the property `path`)."""

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from placeprint.errors import PlaceprintError
from placeprint.geo import GeoPoint
from placeprint.photos.record import PhotoList, PhotoRecord, Skipped

SUFFIXES = (".csv", ".tsv", ".json", ".geojson")
COLUMNS = ("path", "lat", "lon", "heading", "time", "altitude", "panorama")
_WANTED = "path, lat, lon, and optionally heading, time, altitude, panorama"
_OTHER_NAMES = {"latitude": "lat", "longitude": "lon", "lng": "lon", "file": "path", "filename": "path"}

Row = Mapping[str, Any]


def read_table(table: Path, where: Mapping[str, str] | None = None, positions: bool = True) -> PhotoList:
    """The photos of a list whose columns equal all of `where`, in the order of the list.

    Columns: path (relative to the list's folder, or absolute), lat, lon in degrees; optionally heading
    (degrees), time (ISO 8601), altitude (meters), panorama; any others are for `where` only. A photo that is
    missing, was listed before, or (with `positions`) has no lat and lon, is skipped. Raises
    `PlaceprintError`, naming the line, for a value that does not suit its column.
    """
    rows = list(_rows(table))
    columns = {name for _, row in rows for name in row}
    if rows and "path" not in columns:
        raise PlaceprintError(f"{table} has no column 'path'", f"Give it the columns {_WANTED}.")
    for name in where or {}:
        if rows and name not in columns:
            raise PlaceprintError(
                f"{table} has no column {name!r}", f"Its columns: {', '.join(sorted(columns))}."
            )
    found = PhotoList()
    lines: dict[Path, str] = {}
    for line, row in rows:
        if any(_text(row.get(name)) != str(wanted) for name, wanted in (where or {}).items()):
            continue
        record = _record(table, line, row)
        reason = _left_out(record, lines.get(record.path), positions)
        lines.setdefault(record.path, line)
        if reason is None:
            found.photos.append(record)
        else:
            found.skipped.append(Skipped(record.path, reason))
    return found


def _left_out(record: PhotoRecord, earlier: str | None, positions: bool) -> str | None:
    if earlier is not None:
        return f"is listed before ({earlier})"
    if not record.path.exists():
        return "does not exist"
    if not record.path.is_file():
        return "is not a file"
    return "has no position in the list" if positions and record.point is None else None


def _rows(table: Path) -> Iterator[tuple[str, Row]]:
    """(place in the list, row) with column names as in `COLUMNS`."""
    try:
        content = table.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise PlaceprintError(f"{table} is not UTF-8 text ({error})", "Save it as UTF-8.") from error
    except OSError as error:
        raise PlaceprintError(f"{table} cannot be read ({error.strerror})", "Check the path.") from error
    rows = (
        _csv_rows(table, content) if table.suffix.lower() in (".csv", ".tsv") else _json_rows(table, content)
    )
    for place, row in rows:
        yield place, {_column(str(name)): value for name, value in row.items()}


def _column(name: str) -> str:
    """`Latitude` and the like under the names in `COLUMNS`; other columns as they are."""
    plain = name.strip().lower()
    known = _OTHER_NAMES.get(plain, plain)
    return known if known in COLUMNS else name.strip()


def _csv_rows(table: Path, content: str) -> Iterator[tuple[str, Row]]:
    header = content.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.DictReader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if None in row or None in row.values():
                raise PlaceprintError(
                    f"{table}, line {reader.line_num}: not as many fields as the header",
                    "Put values that contain the separator in double quotes.",
                )
            yield f"line {reader.line_num}", row
    except csv.Error as error:
        raise PlaceprintError(f"{table}, line {reader.reader.line_num}: {error}", "Fix that line.") from error


def _json_rows(table: Path, content: str) -> Iterator[tuple[str, Row]]:
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise PlaceprintError(f"{table} is not JSON ({error})", "Fix it, or write a CSV.") from error
    features = isinstance(data, dict) and data.get("type") == "FeatureCollection"
    items = data.get("features") if features else data
    if not isinstance(items, list):
        raise PlaceprintError(f"{table} is not a list of photos", "Give a JSON list of objects, or GeoJSON.")
    for i, item in enumerate(items, start=1):
        row = _feature(item) if features else item
        if not isinstance(row, dict):
            raise PlaceprintError(f"{table}, item {i} is not a photo", f"Give each the fields {_WANTED}.")
        yield f"item {i}", row


def _feature(item: Any) -> Row | None:
    """A GeoJSON feature as a row; its point gives lat, lon and altitude."""
    try:
        row = dict(item.get("properties") or {})
        geometry = item.get("geometry")
        if geometry is None:
            return row
        names = zip(("lon", "lat", "altitude"), geometry["coordinates"], strict=False)
        return row | dict(names) if geometry["type"] == "Point" else None
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _record(table: Path, line: str, row: Row) -> PhotoRecord:
    path = _text(row.get("path"))
    try:
        if not path:
            raise ValueError("no path")
        lat, lon = (_number(row, name) for name in ("lat", "lon"))
        if (lat is None) != (lon is None):
            raise ValueError("half a position: lat or lon is missing")
        point = None if lat is None or lon is None else GeoPoint(lat, lon, _number(row, "altitude"))
        heading, time = _number(row, "heading"), _text(row.get("time"))
        return PhotoRecord(
            path=table.parent / path,
            point=point,
            heading=None if heading is None else heading % 360.0,
            time=datetime.fromisoformat(time) if time else None,
            panorama=_text(row.get("panorama")) or None,
        )
    except ValueError as error:
        raise PlaceprintError(f"{table}, {line}: {error}", "Fix that line, or leave it out.") from error


def _number(row: Row, name: str) -> float | None:
    text = _text(row.get(name))
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{name} {text!r} is not a number") from None
    if not math.isfinite(value):
        raise ValueError(f"{name} {text!r} is not a finite number")
    return value


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()
