"""One query on a page: the photo, the answer in words, the map, the candidates."""

import math

from markupsafe import Markup

from placeprint.placemap.place import Answer, Match, Place
from placeprint.plots import Estimate, Landmark, Overview, photo_map
from placeprint.reports.context import ReportContext
from placeprint.reports.encoding import Encoded
from placeprint.reports.html.candidate import candidate_card
from placeprint.reports.html.templating import render
from placeprint.reports.html.verdict import told, verdict
from placeprint.reports.names import Names
from placeprint.reports.text import compass, coordinates, legible

SHOWN = 5
"""How many candidates get a picture; the others are listed."""


def answer_section(
    index: int,
    answer: Answer,
    context: ReportContext,
    names: Names,
    overview: Overview | None,
    photo: Encoded | None,
    references: list[Encoded | None],
    back: str = "",
) -> Markup:
    """The `<section>` of one answer, with the pictures of the query and of its first `SHOWN` candidates.

    `back`: the address of the list that it belongs to.
    """
    cards = [
        candidate_card(f"photo-{index}", rank, match, answer, names, photo, reference)
        for rank, (match, reference) in enumerate(zip(answer.matches, references, strict=False), 1)
    ]
    return render(
        "answer.html",
        **told(answer),
        index=index,
        name=names.query(answer),
        # The title of a page about one photo already names it: this heading is for screen readers.
        alone=not back.startswith("#"),
        back=back,
        verdict=verdict(answer),
        photo=photo,
        path=legible(answer.query),
        map=_map(answer, context, names, overview),
        cards=cards,
        others=[_row(rank, match) for rank, match in enumerate(answer.matches[SHOWN:], SHOWN + 1)],
    )


def _map(answer: Answer, context: ReportContext, names: Names, overview: Overview | None) -> Markup:
    estimate = None
    if isinstance(answer, Place):
        estimate = Estimate(answer.point, answer.radius_50, answer.radius_90)
    marks = [
        Landmark(match.point, match.heading, f"{rank}. {names.reference(match.path)}")
        for rank, match in enumerate(answer.matches[:SHOWN], 1)
    ]
    title = "Map: reference photos" + (", the estimate with its radii" if estimate else "") + ", candidates"
    return Markup(photo_map(context.references, context.headings, marks, estimate, overview, title))


def _row(rank: int, match: Match) -> list[str]:
    known = match.heading is not None and math.isfinite(match.heading)
    facing = f", facing {compass(match.heading)}" if known and match.heading is not None else ""
    inliers = "–" if match.inliers is None else str(match.inliers)
    position = coordinates(match.point.lat, match.point.lon) + facing
    return [str(rank), legible(match.path), f"{match.distance:.3f}", inliers, position]
