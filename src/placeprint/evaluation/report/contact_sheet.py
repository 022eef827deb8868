"""A query beside its answers, each with a frame and a symbol that say whether it is right."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Literal

from placeprint.evaluation.report.thumbnails import Box, Thumbnails
from placeprint.reports.text import legible

SHOWN = 5
"""How many answers to a query are shown; with two rankings, from each."""

Verdict = Literal["right", "wrong", "junk"]
SIGNS: dict[Verdict, str] = {"right": "✓", "wrong": "✗", "junk": "–"}


@dataclass(frozen=True)
class Hit:
    """An answer: `row`, its number in database or map; `facts` about it; `box`, its region of interest."""

    path: Path
    row: int
    verdict: Verdict
    facts: Sequence[str]
    box: Box | None = None


@dataclass(frozen=True)
class Example:
    """A query, with its number `row` and its rankings: (whose ranking it is, "" if there is only one; the
    answers).

    `missed`: a right photo that is not among them, and its caption.
    """

    path: Path
    row: int
    facts: Sequence[str]
    rankings: Sequence[tuple[str, Sequence[Hit]]]
    missed: tuple[str, Hit] | None = None
    box: Box | None = None


def sheet(title: str, intro: str, examples: Sequence[Example], thumbnails: Thumbnails) -> str:
    """A heading with the examples below; "" if there are none."""
    if not examples:
        return ""
    shown = "".join(_article(example, thumbnails) for example in examples)
    return f'<h3>{escape(title)}</h3><p class="intro">{escape(intro)}</p><div class="sheet">{shown}</div>'


def _article(example: Example, thumbnails: Thumbnails) -> str:
    name = legible(example.path.name)
    photo = thumbnails.show(example.path, f"Query {name}", example.box)
    facts = "".join(f"<li>{escape(legible(fact))}</li>" for fact in example.facts)
    query = (
        f'<figure class="asked">{photo}<figcaption><b>Query {example.row}</b>'
        f'<ul class="known">{facts}</ul>{_name(example.path)}</figcaption></figure>'
    )
    rankings = "".join(_ranking(of, hits, thumbnails) for of, hits in example.rankings)
    return (
        f'<article class="example" data-query="{example.row}">{query}'
        f'<div class="rankings">{rankings}</div>{_missed(example, thumbnails)}</article>'
    )


def _ranking(of: str, hits: Sequence[Hit], thumbnails: Thumbnails) -> str:
    heading = f'<p class="of">{escape(legible(of))}</p>' if of else ""
    if not hits:
        return f'{heading}<p class="absent">No answer</p>'
    shown, rank = [], 0
    for hit in hits:
        rank += hit.verdict != "junk"
        shown.append(_hit(hit, f"{rank}" if hit.verdict != "junk" else "", thumbnails))
    return f'{heading}<ol class="hits">{"".join(shown)}</ol>'


def _hit(hit: Hit, rank: str, thumbnails: Thumbnails) -> str:
    label = f"Answer {rank or 'without a rank'}, {hit.verdict}: {hit.path.name}"
    return (
        f'<li class="hit {hit.verdict}" data-row="{hit.row}">{thumbnails.show(hit.path, label, hit.box)}'
        f'<p class="sign">{SIGNS[hit.verdict]} {rank or "junk"}'
        f'<span class="repeated"> {hit.verdict}</span></p>'
        f"{_facts(hit)}{_name(hit.path)}</li>"
    )


def _missed(example: Example, thumbnails: Thumbnails) -> str:
    if example.missed is None:
        return ""
    said, hit = example.missed
    return (
        f'<figure class="missed" data-row="{hit.row}">'
        f"{thumbnails.show(hit.path, f'A right photo: {hit.path.name}')}"
        f'<figcaption><p class="sign">{escape(said)}</p>{_facts(hit)}{_name(hit.path)}</figcaption></figure>'
    )


def _facts(hit: Hit) -> str:
    said = " · ".join(escape(legible(fact)).replace(" ", "&nbsp;") for fact in hit.facts)
    return f'<p class="known">{said}</p>'


def _name(path: Path) -> str:
    return f'<p class="path" title="{escape(legible(str(path)))}">{escape(legible(path.name))}</p>'
