"""`--report`: a page about answers, self-contained in one file, or a folder with a page for each answer."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from markupsafe import Markup

from placeprint.artifact import replace_file
from placeprint.parallel import bounded_map, cores
from placeprint.placemap.place import Answer
from placeprint.plots import MAP_STYLE, Overview, places_map
from placeprint.reports.context import ReportContext
from placeprint.reports.html.answer import answer_section
from placeprint.reports.html.folder import write_folder
from placeprint.reports.html.listing import compact_body, list_row, located, summary
from placeprint.reports.html.pictures import full, small
from placeprint.reports.html.provenance import provenance
from placeprint.reports.html.templating import LIST_SCRIPT, PAGE_STYLE, page, render
from placeprint.reports.names import Names

IN_FULL = 30
"""Up to so many answers, one file shows each in full: with its map and five candidates."""


def write_html(path: str | Path, answers: Sequence[Answer], context: ReportContext | None = None) -> None:
    """Write a report about `answers`, which needs no network.

    If `path` has no suffix or is a folder: a folder with a list, and a page for each answer. Otherwise one
    self-contained file: with up to `IN_FULL` answers each is shown with its photo, the estimate with its
    50 % and 90 % radii on a map drawn from the positions of the reference photos, and the best candidates
    with their matched features; with more, a list whose rows unfold to the photo and its best match, the
    smaller the more there are. The list is sorted and filtered by a script, and complete without it.
    Raises `PlaceprintError` for a folder with other files.
    """
    path, context = Path(path), context or ReportContext()
    names, overview = Names.of(answers), Overview.of(context.references)
    if path.is_dir() or not path.suffix:
        write_folder(path, answers, context, names, overview)
        return
    many = len(answers) != 1
    rows: list[Markup] = []
    sections: list[Markup] = []
    if len(answers) > IN_FULL:
        rows = list(_compact(answers, context, names))
    else:
        longest = 640 if many else 800
        for index, answer in enumerate(answers, 1):
            photo, references = full(answer, context, longest if len(answers) <= 10 else 400)
            back = "#top" if many else ""
            sections.append(answer_section(index, answer, context, names, overview, photo, references, back))
            rows.append(list_row(index, answer, names, f"#answer-{index}"))
    listed = answers if len(answers) <= IN_FULL else ()  # the rows of a longer list have theirs
    title, lead = summary(answers, names)
    body = render(
        "answers.html",
        title=title,
        lead=lead,
        many=many,
        map=Markup(places_map(context.references, located(answers), overview)) if many else "",
        rows=rows,
        sections=sections,
        footer=provenance(listed, context, names),
    )
    script = LIST_SCRIPT if many else ""
    replace_file(path, page(title, body, MAP_STYLE + PAGE_STYLE, script).encode())


def _compact(answers: Sequence[Answer], context: ReportContext, names: Names) -> Iterator[Markup]:
    def row(numbered: tuple[int, Answer]) -> Markup:
        index, answer = numbered
        photo, reference = small(answer, context, len(answers))
        body = compact_body(answer, context, names, photo, reference)
        return list_row(index, answer, names, body=body)

    return bounded_map(row, enumerate(answers, 1), cores())
