"""Lists of a data set: whitespace-separated fields, and CSV. Errors name the file, the line and the fix."""

import csv
from collections.abc import Iterator
from pathlib import Path

from placeprint.errors import FormatError, PlaceprintError

AGAIN = "Get the original file again"


def read_text(path: Path) -> str:
    """Raises PlaceprintError if there is no such file, FormatError if it is not text."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise PlaceprintError(f"{path} cannot be read ({error.strerror})", AGAIN) from error
    except UnicodeDecodeError as error:
        raise FormatError(f"{path} is not text ({error.reason})", AGAIN) from error


def fields(path: Path, least: int) -> list[list[str]]:
    """The fields of each non-blank line. Raises FormatError for a line with fewer than `least`."""
    found = []
    for number, line in enumerate(read_text(path).splitlines(), 1):
        parts = line.split()
        if parts and len(parts) < least:
            raise FormatError(f"{path}, line {number}: {len(parts)} fields, not {least}", AGAIN)
        if parts:
            found.append(parts)
    return found


def keyed(path: Path, least: int) -> dict[str, list[str]]:
    """{first field: the others} of each line."""
    return {parts[0]: parts[1:] for parts in fields(path, least)}


def numbers(path: Path, parts: list[str]) -> list[float]:
    """Raises FormatError for a field that is not a number."""
    try:
        return [float(part) for part in parts]
    except ValueError as error:
        raise FormatError(f"{path}: {' '.join(parts)!r} are not numbers", AGAIN) from error


def csv_columns(path: Path, names: tuple[str, ...]) -> Iterator[list[str]]:
    """The fields of these columns for each row of a CSV file, in this order. Holds one row at a time."""
    csv.field_size_limit(1 << 30)  # a field may list thousands of photos
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.reader(file)
            header = next(rows, [])
            missing = [name for name in names if name not in header]
            if missing:
                raise FormatError(f"{path}: no column {', '.join(missing)}", AGAIN)
            columns = [header.index(name) for name in names]
            for row in rows:
                if row and len(row) <= max(columns):
                    raise FormatError(
                        f"{path}, line {rows.line_num}: {len(row)} fields, not {len(header)}", AGAIN
                    )
                if row:
                    yield [row[column] for column in columns]
    except OSError as error:
        raise PlaceprintError(f"{path} cannot be read ({error.strerror})", AGAIN) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise FormatError(f"{path} is not a CSV file ({error})", AGAIN) from error
