"""From rows to records: which photo a row means, and what is said about it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from placeprint.geo import GeoPoint
from placeprint.photos.lists.columns import Column
from placeprint.photos.lists.details import Details, row_details
from placeprint.photos.lists.files import ListedFiles, MissingError, folded, identity
from placeprint.photos.lists.sheet import Row
from placeprint.photos.lists.values.numbers import text_of
from placeprint.photos.record import PhotoList, PhotoRecord, Skipped
from placeprint.photos.walk import excluded

_NOTED = 20


@dataclass(slots=True)
class Stated:
    """The position of a row, or why it has none."""

    point: GeoPoint | None = None
    problem: str | None = None


def make_records(
    table: Path,
    files: ListedFiles,
    rows: Sequence[Row],
    known: Mapping[str, Sequence[Column]],
    stated: Sequence[Stated],
    required: bool,
    decimal_comma: bool,
    exclude: Sequence[str],
) -> PhotoList:
    """A photo of each row that means one; with `required` only of those that state a position."""
    found = PhotoList()
    names = [path_text(known, row.fields) for row in rows]
    paths = _paths(files, rows, names, found.notes)
    lines: dict[Any, str] = {}
    lost: Counter[str] = Counter()
    told: list[str] = []
    for row, where, path, text in zip(rows, stated, paths, names, strict=True):
        if isinstance(path, Path) and excluded(path, table.parent, exclude):
            found.ignored["excluded"] = found.ignored.get("excluded", 0) + 1
            continue
        if (reason := _left_out(row, where, path, text, lines, required)) is not None:
            named = path if isinstance(path, Path) else _spelled(table, row, text)
            legible = reason.encode("utf-8", "backslashreplace").decode()
            found.skipped.append(Skipped(named, f"{legible} ({row.place} of {table.name})"))
            continue
        assert isinstance(path, Path)
        details = row_details(known, row.fields, decimal_comma)
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


def path_text(known: Mapping[str, Sequence[Column]], fields: Mapping[str, Any]) -> str:
    """The first path that is given; with a column of folders, a bare name is in that folder."""
    texts = (str(value).strip() for c in known.get("path", ()) if text_of(value := fields.get(c.name)))
    path = next(texts, "")
    folder = next((text_of(fields.get(c.name)) for c in known.get("folder", ())), "")
    if path and folder and folder != "." and "/" not in path and "\\" not in path:
        return f"{folder.rstrip('/').rstrip(chr(92))}/{path}"
    return path


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
    files: ListedFiles, rows: Sequence[Row], names: Sequence[str], notes: list[str]
) -> list[Path | str]:
    """The file of each row, or why there is none. Files at the very path go before those of like names."""
    paths: list[Path | str] = []
    claimed = set()
    for row, text in zip(rows, names, strict=True):
        try:
            path = None if row.problem or not text else files.direct(text)
        except MissingError as error:
            paths.append(str(error))
            continue
        paths.append(path or "")
        if path is not None and (its := identity(path)) is not None:
            claimed.add(its)
    guessed: dict[Path, list[int]] = {}
    for i, (row, text) in enumerate(zip(rows, names, strict=True)):
        if paths[i] or row.problem or not text:
            continue
        try:
            path = files.by_name(text, claimed)
        except MissingError as error:
            paths[i] = str(error)
        else:
            paths[i] = path
            guessed.setdefault(path, []).append(i)
    for path, those in guessed.items():
        if (
            len({folded(names[i]) for i in those}) > 1
        ):  # each of two paths is found by name, and means this file
            for i in those:
                paths[i] = f"may be {path.name}, but so may other rows of the same name"
    count = sum(isinstance(paths[i], Path) for those in guessed.values() for i in those)
    if count:
        notes.append(f"{count} photos are not at the listed path, but found by name below {files.folder}")
    return paths


def _left_out(
    row: Row, stated: Stated, path: Path | str, text: str, lines: dict[Any, str], required: bool
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


def _spelled(table: Path, row: Row, text: str) -> Path:
    """The listed path if it can be one, else the place in the list."""
    legible = "".join(c if c.isprintable() else "\ufffd" for c in text[:200])
    return (
        table.parent / legible
        if text and not row.problem
        else Path(f"{table}:{row.place.removeprefix('line ')}")
    )
