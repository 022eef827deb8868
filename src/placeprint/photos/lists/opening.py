"""The rows of a list file, by its content: encoding first, then dialect."""

from pathlib import Path

from placeprint.photos.lists.columns import roles
from placeprint.photos.lists.dialects.delimited import looks_delimited, read_delimited
from placeprint.photos.lists.dialects.items import read_json, read_json_lines
from placeprint.photos.lists.dialects.plain import read_plain, read_spaced
from placeprint.photos.lists.encoding import MAX_BYTES, texts
from placeprint.photos.lists.files import ListedFiles, MissingError
from placeprint.photos.lists.records import path_text
from placeprint.photos.lists.sheet import MAX_ROWS, NotAListError, Sheet

_MOST_LINES, _MOST_BRACKETS = 2 * MAX_ROWS, 6 * MAX_ROWS


def open_sheet(table: Path, files: ListedFiles) -> Sheet:
    """The list, in the encoding under which most of its photos exist, or most of its columns are known."""
    try:
        with table.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise NotAListError(f"{table} cannot be read ({error.strerror})", "Check the path.") from error
    if len(content) > MAX_BYTES:
        raise NotAListError(f"{table} is larger than {MAX_BYTES >> 20} MB", "Split it.")
    best, most = None, (-1, -1)
    for text in texts(table, content):
        sheet = _parsed(table, text)
        found = (0, 0) if content.isascii() else (_existing(sheet, files), len(roles(sheet.columns())))
        if found > most:
            best, most = sheet, found
    if best is None:
        raise NotAListError(f"{table} is not text", "Give a list as CSV, JSON or GeoJSON in UTF-8.")
    return best


def _parsed(table: Path, text: str) -> Sheet:
    """By its content, because names of files do not always say what is in them."""
    text = text.removeprefix("\ufeff")
    start, suffix = text.lstrip()[:2], table.suffix.lower()
    brackets = text.count("{") + text.count("[")
    lines = 0 if start[:1] in ("{", "[") else max(text.count("\n"), text.count("\r"))
    if brackets > _MOST_BRACKETS or lines > _MOST_LINES:  # before any of them costs memory
        raise NotAListError(f"{table} has more than {MAX_ROWS:,} rows", "Split it.")
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
    first = next((line for line in text.splitlines() if line.strip()), "")[:5000]
    if "path" in (named := roles(first.lstrip("# ").split())) and len(named) > 1:
        return read_spaced(text)
    return read_plain(table, text)


def _existing(sheet: Sheet, files: ListedFiles) -> int:
    known, count = roles(sheet.columns()), 0
    for row in sheet.rows:
        text = path_text(known, row.fields)
        if text.isascii():
            continue
        try:
            count += bool(files.direct(text) or files.by_name(text, set()))
        except MissingError:
            continue
    return count
