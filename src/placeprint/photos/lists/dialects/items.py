"""JSON: a list of objects, one object a line, exiftool's, Mapillary's, OpenSfM's, and placeprint's own."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from placeprint.photos.lists.dialects.geojson import feature_row, feature_system
from placeprint.photos.lists.sheet import MAX_COLUMNS, MAX_ROWS, NotAListError, Row, Sheet

_WANTED = "Give a list of objects with path, lat and lon, or GeoJSON."
_DEEPEST = 3
_OWN_ROLES = ("radius 50", "radius 90", "reference")


def read_json(table: Path, text: str) -> Sheet:
    """Raises `NotAListError` for text that is not JSON, and for JSON that lists nothing."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        lines = [line for line in text.split("\n") if line.strip("\x1e \r\t")]
        if len(lines) > 1 and lines[0].strip("\x1e \r\t").endswith("}"):
            return read_json_lines(table, text)
        raise NotAListError(f"{table} is not JSON ({_short(error)})", "Fix it, or write a CSV.") from None
    if isinstance(data, dict):
        return _object(table, data)
    if not isinstance(data, list):
        raise NotAListError(f"{table} is not a list of photos", _WANTED)
    if data and isinstance(data[0], str):
        if len(data) > MAX_ROWS:
            raise NotAListError(f"{table} has {len(data):,} rows; the most is {MAX_ROWS:,}", "Split it.")
        items = ({"path": item} if isinstance(item, str) else None for item in data)
        return Sheet(_rows(table, items), bare=True)
    return Sheet(_rows(table, data))


def read_json_lines(table: Path, text: str) -> Sheet:
    """One object a line (also GeoJSON text sequences); a line that is none is one odd row."""
    rows = []
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip("\x1e \r\t")
        if not line:
            continue
        try:
            rows += _rows(table, [json.loads(line)], f"line {number}")
        except (ValueError, RecursionError) as error:
            rows.append(Row(f"line {number}", problem=f"is not JSON ({_short(error)})"))
        if len(rows) > MAX_ROWS:
            raise NotAListError(f"{table} has more than {MAX_ROWS:,} rows", "Split it.")
    if not any(row.fields for row in rows):
        raise NotAListError(f"{table} is not JSON", "Fix it, or write a CSV.")
    return Sheet(rows)


def _object(table: Path, data: Mapping[str, Any]) -> Sheet:
    if data.get("type") in ("FeatureCollection", "Feature"):
        features = data.get("features") if data["type"] == "FeatureCollection" else [data]
        if not isinstance(features, list):
            raise NotAListError(f"{table} is not a list of photos", _WANTED)
        own = any(_property(item, "role") in _OWN_ROLES or _property(item, "answer") for item in features)
        if own:
            features = [item for item in features if _property(item, "role") == "estimate"]
        rows = _rows(table, features)
        if (crs := feature_system(data)) is not None:
            for row in rows:
                row.fields = {**row.fields, "crs": crs}
        return Sheet(rows, estimates=own)
    if isinstance(answers := data.get("answers"), list):
        failed = data.get("failed")
        return Sheet(_rows(table, answers + (failed if isinstance(failed, list) else [])), estimates=True)
    for name in ("reference_photos", "photos", "images"):
        if isinstance(listed := data.get(name), list):
            return Sheet(_rows(table, listed))
    if data and all(isinstance(value, dict) for value in data.values()):  # OpenSfM: name → EXIF fields
        return Sheet(_rows(table, ({**value, "path": name} for name, value in data.items())))
    raise NotAListError(f"{table} is not a list of photos", _WANTED)


def _rows(table: Path, items: Iterable[Any], place: str | None = None) -> list[Row]:
    rows: list[Row] = []
    if isinstance(items, list) and len(items) > MAX_ROWS:
        raise NotAListError(f"{table} has {len(items):,} rows; the most is {MAX_ROWS:,}", "Split it.")
    for i, item in enumerate(items, 1):
        here = place or f"item {i}"
        if isinstance(item, dict) and len(item) > MAX_COLUMNS:
            rows.append(Row(here, problem=f"has {len(item):,} fields"))
            continue
        if not isinstance(item, dict):
            rows.append(Row(here, problem="is not a photo: give an object with path, lat and lon"))
            continue
        fields = _flat(feature_row(item) if item.get("type") == "Feature" else item)
        said = item.get("error")  # Mapillary's list names what it could not use
        problem = fields.get("error:message") or fields.get("error:type") if isinstance(said, dict) else None
        rows.append(Row(here, fields, None if problem is None else f"the list says: {str(problem)[:200]}"))
    return rows


def _flat(item: Mapping[str, Any], prefix: str = "", depth: int = 0) -> dict[str, Any]:
    """Objects within objects as columns `outer:inner`; a GeoJSON point stays one."""
    flat: dict[str, Any] = {}
    for name, value in item.items():
        if isinstance(value, dict) and depth < _DEEPEST and not ("coordinates" in value and "type" in value):
            flat |= _flat(value, f"{prefix}{name}:", depth + 1)
        elif not isinstance(value, list) or len(value) <= 3:
            flat[f"{prefix}{name}"] = value
    return flat


def _property(item: Any, name: str) -> Any:
    properties = item.get("properties") if isinstance(item, dict) else None
    return properties.get(name) if isinstance(properties, dict) else None


def _short(error: BaseException) -> str:
    return str(error)[:100]
