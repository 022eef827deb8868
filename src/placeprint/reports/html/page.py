"""`--report out.html`: a self-contained page, without network access."""

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from pathlib import Path

from placeprint.artifact import replace_file
from placeprint.placemap.place import Answer, Failed, Place
from placeprint.plots import MAP_STYLE, Overview
from placeprint.plots.svg import length
from placeprint.reports.context import ReportContext
from placeprint.reports.html.answer import answer_section
from placeprint.reports.html.provenance import provenance
from placeprint.reports.text import confidence_words, legible, query_name

PAGE_STYLE = (files("placeprint.reports.html") / "page.css").read_text("utf-8")
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""Content security policy: even a hostile file name that slipped through could not load or run anything."""


def write_html(path: str | Path, answers: Sequence[Answer], context: ReportContext) -> None:
    """Write one self-contained page about `answers`.

    For each query it shows the photo, the estimate with its 50 % and 90 % radii on a map drawn from the
    positions of the reference photos, and the best candidates with their matched features. There is no
    script; the switches are check boxes. With many answers the pictures are smaller.
    """
    overview = Overview.of(context.references)
    sections = [
        answer_section(i, answer, context, overview, len(answers)) for i, answer in enumerate(answers, 1)
    ]
    located = sum(isinstance(answer, Place) for answer in answers)
    if len(answers) == 1:
        title = f"Where was {query_name(answers[0].query)} taken?"
        intro = ""
    else:
        title = f"Where were {len(answers)} photos taken?"
        failed = sum(isinstance(answer, Failed) for answer in answers)
        lead = f"{located} located, {len(answers) - located - failed} without a match"
        lead += f", {failed} not read." if failed else "."
        intro = f'<p class="lead">{lead}</p>{_summary(answers)}'
    page = (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)}</title><style>{MAP_STYLE}{PAGE_STYLE}</style></head><body>"
        f'<header id="top"><p class="brand">placeprint</p><h1>{escape(title)}</h1>{intro}</header>'
        f"<main>{''.join(sections)}</main>{provenance(answers, context)}</body></html>\n"
    )
    replace_file(Path(path), page.encode())


def _summary(answers: Sequence[Answer]) -> str:
    heads = ("Photo", "Latitude", "Longitude", "±50 %", "±90 %", "Confidence", "Best match, or why none")
    rows = "".join(_row(i, answer) for i, answer in enumerate(answers, 1))
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    table = f'<table class="summary"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    return f'<div class="scroll">{table}</div>'


def _row(index: int, answer: Answer) -> str:
    if isinstance(answer, Place):
        best = query_name(answer.matches[0].path) if answer.matches else ""
        cells = [f"{answer.point.lat:.6f}", f"{answer.point.lon:.6f}"]
        cells += [length(answer.radius_50), length(answer.radius_90)]
    else:
        best, cells = legible(answer.reason), ["–"] * 4
    numbers = "".join(f'<td class="number">{cell}</td>' for cell in cells)
    return (
        f'<tr><th scope="row"><a href="#answer-{index}">{escape(query_name(answer.query))}</a></th>{numbers}'
        f'<td class="number" title="{confidence_words(answer.confidence)}">{answer.confidence:.2f}</td>'
        f"<td>{escape(best)}</td></tr>"
    )
