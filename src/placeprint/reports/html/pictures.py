"""The pictures of a report, as large as its number of photos allows."""

from placeprint.placemap.place import Answer, Match
from placeprint.reports.context import ReportContext
from placeprint.reports.html.answer import SHOWN
from placeprint.reports.jpeg import Jpeg, fit_jpeg, to_jpeg

ALL_PICTURES = 36_000_000
"""Bytes for the pictures of one file with many answers: 48 MB as text."""
LARGEST = 15_000
SMALL = 256


def full(answer: Answer, context: ReportContext, longest: int) -> tuple[Jpeg | None, list[Jpeg | None]]:
    """The query and its first candidates, of at most `longest` pixels."""
    photo = to_jpeg(context.query_picture(answer), longest)
    return photo, [to_jpeg(context.picture(m), longest * 4 // 5) for m in answer.matches[:SHOWN]]


def small(answer: Answer, context: ReportContext, answers: int) -> tuple[Jpeg | None, Jpeg | None]:
    """The query and its best match, of at most `LARGEST` bytes each, less in a report of many `answers`."""
    most = min(LARGEST, ALL_PICTURES // (2 * answers))
    photo = fit_jpeg(context.query_picture(answer), SMALL, most)
    best: Match | None = answer.matches[0] if answer.matches else None
    return photo, None if best is None else fit_jpeg(context.small_picture(best), SMALL, most)
