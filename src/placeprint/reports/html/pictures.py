"""The pictures of a report, as large as its number of photos allows."""

from placeprint.placemap.place import Answer, Match
from placeprint.reports.context import ReportContext
from placeprint.reports.encoding import Encoded, fit_webp, to_jpeg
from placeprint.reports.html.answer import SHOWN

ALL_PICTURES = 20_000_000
"""Bytes for the pictures of one file with many answers: a browser reads 30 MB of text in under a second."""
LARGEST = 15_000
SMALL = 256


def full(answer: Answer, context: ReportContext, longest: int) -> tuple[Encoded | None, list[Encoded | None]]:
    """The query and its first candidates, of at most `longest` pixels."""
    photo = to_jpeg(context.query_picture(answer), longest)
    return photo, [to_jpeg(context.picture(m), longest * 4 // 5) for m in answer.matches[:SHOWN]]


def small(answer: Answer, context: ReportContext, answers: int) -> tuple[Encoded | None, Encoded | None]:
    """The query and its best match, of at most `LARGEST` bytes each, less in a report of many `answers`."""
    most = min(LARGEST, ALL_PICTURES // (2 * answers))
    photo = fit_webp(context.query_picture(answer), SMALL, most)
    best: Match | None = answer.matches[0] if answer.matches else None
    return photo, None if best is None else fit_webp(context.small_picture(best), SMALL, most)
