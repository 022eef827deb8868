"""The text of a list: UTF-8, UTF-16 or 32, or one of the code pages of spreadsheets."""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from placeprint.photos.lists.sheet import NotAListError

MAX_BYTES = 1 << 26
CODE_PAGES = ("cp1252", "mac_roman", "cp850", "cp437", "cp1250", "cp1251", "cp932")
"""Tried in this order for text that is not UTF-8; the one under which most of its photos exist is it."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_BOOKS = {b"PK\x03\x04": "a spreadsheet or an archive", b"\xd0\xcf\x11\xe0": "a spreadsheet",
          b"SQLi": "a data base", b"\x1f\x8b": "an archive", b"%PDF": "a PDF"}  # fmt: skip


def texts(table: Path, content: bytes) -> Iterator[str]:
    """The text; where the encoding is not certain, one for each that is possible.

    Raises `NotAListError` for what is not text.
    """
    kind = next((kind for start, kind in _BOOKS.items() if content.startswith(start)), None)
    if kind is not None:
        raise NotAListError(f"{table} is {kind}, not a list in text", "Save it as CSV (UTF-8).")
    mark = next((encoding for start, encoding in _MARKS if content.startswith(start)), None)
    sure = mark or _without_mark(content)
    try:
        yield _checked(table, content.decode(sure or "utf-8"))
        return
    except UnicodeDecodeError as error:
        if sure is not None and sure != "utf-8-sig":
            raise NotAListError(
                f"{table} is not text in {sure} ({error.reason})", "Save it as UTF-8."
            ) from None
    yield _checked(table, content.decode("utf-8", "replace").removeprefix("\ufeff"))
    for page in CODE_PAGES:
        yield content.decode(page, "replace")


def _without_mark(content: bytes) -> str | None:
    """UTF-16 without a byte order mark: every other byte of ASCII is 0."""
    head = content[:512]
    if len(head) >= 4 and len(head) % 2 == 0:
        even, odd = head[::2].count(0), head[1::2].count(0)
        if odd > 0.4 * len(head) / 2 and even == 0:
            return "utf-16-le"
        if even > 0.4 * len(head) / 2 and odd == 0:
            return "utf-16-be"
    return None


def _checked(table: Path, text: str) -> str:
    """The text, unless much of its beginning is control characters."""
    head = text[:4096]
    odd = len(re.findall("[\x00-\x08\x0e-\x1a\x1c\x1d\x1f\ufffd]", head))
    if odd > 8 and odd > len(head) // 8:
        raise NotAListError(f"{table} is not text", "Give a list as CSV, JSON or GeoJSON in UTF-8.")
    return text
