"""A report as a folder: `index.html` with the list, `answers/1.html` and so on, each picture once."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from markupsafe import Markup

from placeprint.artifact import replace_file
from placeprint.errors import PlaceprintError
from placeprint.parallel import bounded_map, cores
from placeprint.placemap.place import Answer, Match
from placeprint.plots import MAP_STYLE, Overview, places_map
from placeprint.reports.context import ReportContext
from placeprint.reports.encoding import Encoded, to_jpeg
from placeprint.reports.html.answer import SHOWN, answer_section
from placeprint.reports.html.listing import list_row, located, summary
from placeprint.reports.html.provenance import provenance
from placeprint.reports.html.templating import LIST_SCRIPT, PAGE_STYLE, page, render
from placeprint.reports.names import Names

MARK = "placeprint-report.json"
"""Says that a folder is a report, which may be written anew, and how it came about."""
IMAGES = "'self' file: data:"
LONGEST, TINY = 640, 96
_STYLE = MAP_STYLE + PAGE_STYLE


def write_folder(
    folder: Path,
    answers: Sequence[Answer],
    context: ReportContext,
    names: Names,
    overview: Overview | None,
) -> None:
    """Write the folder; an older report in it is replaced.

    Raises `PlaceprintError` if it holds other files.
    """
    _clear(folder)
    for name in ("answers", "pictures"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    replace_file(folder / MARK, json.dumps(context.provenance(), indent=2).encode())

    def write(numbered: tuple[int, Answer]) -> Markup:
        return _write_answer(folder, *numbered, context, names, overview)

    rows = list(bounded_map(write, enumerate(answers, 1), cores()))
    title, lead = summary(answers, names)
    body = render(
        "answers.html",
        title=title,
        lead=lead,
        many=True,
        map=Markup(places_map(context.references, located(answers), overview)),
        rows=rows,
        sections=[],
        footer=provenance((), context, names),
    )
    replace_file(folder / "index.html", page(title, body, _STYLE, LIST_SCRIPT, IMAGES).encode())


def _write_answer(
    folder: Path,
    index: int,
    answer: Answer,
    context: ReportContext,
    names: Names,
    overview: Overview | None,
) -> Markup:
    """Its page and its pictures; returns its row in the list."""
    shown = context.query_picture(answer)
    photo = _kept(folder, f"query-{index}", to_jpeg(shown, LONGEST))
    tiny = _kept(folder, f"query-{index}-small", to_jpeg(shown, TINY, 60))
    references = [_reference(folder, match, context) for match in answer.matches[:SHOWN]]
    back = "../index.html" + f"#row-{index}"
    section = answer_section(index, answer, context, names, overview, photo, references, back)
    title, _ = summary([answer], names)
    body = render(
        "answers.html",
        title=title,
        lead="",
        many=False,
        map="",
        rows=[],
        sections=[section],
        footer=provenance([answer], context, names),
    )
    replace_file(folder / "answers" / f"{index}.html", page(title, body, _STYLE, images=IMAGES).encode())
    at_home = None if tiny is None else replace(tiny, address=tiny.uri.removeprefix("../"))
    return list_row(index, answer, names, f"answers/{index}.html", at_home)


def _reference(folder: Path, match: Match, context: ReportContext) -> Encoded | None:
    return _kept(folder, f"reference-{match.id}", to_jpeg(context.small_picture(match), LONGEST * 4 // 5))


def _kept(folder: Path, name: str, picture: Encoded | None) -> Encoded | None:
    """The picture as a file of the report, with the address that pages in `answers` have for it."""
    if picture is None:
        return None
    file = folder / "pictures" / f"{name}.jpg"
    replace_file(file, picture.content)
    return replace(picture, address=f"../pictures/{file.name}")


def _clear(folder: Path) -> None:
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    if not (folder / MARK).is_file():
        raise PlaceprintError(
            f"{folder} holds other files than a report", "Name a new folder, or a file: report.html."
        )
    for pattern in ("answers/*.html", "pictures/query-*.jpg", "pictures/reference-*.jpg"):
        for file in folder.glob(pattern):
            file.unlink()
