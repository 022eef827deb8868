"""The list of a page about many photos: a row for each, and what it opens."""

from collections.abc import Sequence

from markupsafe import Markup

from placeprint.placemap.place import Answer, Failed, Place
from placeprint.reports.context import ReportContext
from placeprint.reports.encoding import Encoded
from placeprint.reports.html.candidate import facts
from placeprint.reports.html.templating import render
from placeprint.reports.html.verdict import told, verdict
from placeprint.reports.names import Names
from placeprint.reports.text import legible

LISTED = 5
"""How many candidates a row names; the exports have all."""


def summary(answers: Sequence[Answer], names: Names) -> tuple[str, str]:
    """(title, how many were located)."""
    if len(answers) == 1:
        return f"Where was {names.query(answers[0])} taken?", ""
    found = sum(isinstance(answer, Place) for answer in answers)
    failed = sum(isinstance(answer, Failed) for answer in answers)
    lead = f"{found:,} located, {len(answers) - found - failed:,} without a match"
    lead += f", {failed:,} not read." if failed else "."
    return f"Where were {len(answers):,} photos taken?", lead


def located(answers: Sequence[Answer]) -> list[Place]:
    """Those with a position."""
    return [answer for answer in answers if isinstance(answer, Place)]


def list_row(
    index: int,
    answer: Answer,
    names: Names,
    href: str = "",
    small: Encoded | None = None,
    body: str = "",
) -> Markup:
    """The `<li>` of an answer: it leads to `href`, or unfolds `body`."""
    status = answer.to_dict()["status"]
    return render(
        "row.html",
        **told(answer),
        index=index,
        status=status,
        kind="found" if status == "place" else "none",
        name=names.query(answer),
        href=href,
        small=small,
        body=body,
    )


def compact_body(
    answer: Answer,
    context: ReportContext,
    names: Names,
    photo: Encoded | None,
    reference: Encoded | None,
) -> Markup:
    """What a row unfolds: the answer in words, the photo and its best match, the first candidates."""
    best = answer.matches[0] if answer.matches else None
    lines = [
        f"{names.reference(match.path)}: " + ", ".join(bold + rest for bold, rest in facts(match, answer))
        for match in answer.matches[:LISTED]
    ]
    return render(
        "compact.html",
        verdict=verdict(answer),
        name=names.query(answer),
        path=legible(answer.query) or "photo in memory",
        photo=photo,
        best="" if best is None else names.reference(best.path),
        reference=reference,
        candidates=lines,
        digest=context.digest(answer),
    )
