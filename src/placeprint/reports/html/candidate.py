"""One candidate on a page: rank, distance and inliers, and the two photos with their matched features."""

import math

from markupsafe import Markup

from placeprint.placemap.place import Answer, Match, Place
from placeprint.plots.maps.landmarks import rank_class
from placeprint.plots.svg import length
from placeprint.reports.encoding import Encoded
from placeprint.reports.html.match_drawing import match_drawing
from placeprint.reports.html.templating import render
from placeprint.reports.names import Names
from placeprint.reports.text import compass, legible


def candidate_card(
    query_id: str,
    rank: int,
    match: Match,
    answer: Answer,
    names: Names,
    query: Encoded | None,
    reference: Encoded | None,
) -> Markup:
    """The `<article>` of the candidate at this rank."""
    name, pairs = names.reference(match.path), match.correspondences
    inliers = 0 if pairs is None else int(pairs.inlier.sum())
    drawing = ""
    if query is not None and reference is not None:
        label = f"Query on the left, reference photo {name} on the right"
        label += f"; {inliers} matched features agree" if pairs else ""
        drawing = match_drawing(query_id, query, reference, pairs or None, label)
    return render(
        "candidate.html",
        rank=rank,
        rank_class=rank_class(rank - 1),
        name=name,
        facts=facts(match, answer),
        reference=reference,
        drawing=Markup(drawing),
        pairs=0 if pairs is None else len(pairs),
        inliers=inliers,
        off=f"{query_id}-{rank}",
        path=legible(match.path),
    )


def facts(match: Match, answer: Answer) -> list[tuple[str, str]]:
    """(what is set in bold, the rest) of each fact about a candidate."""
    found = []
    if match.inliers is not None:
        of = f" of {len(match.correspondences)} matched features" if match.correspondences else ""
        found.append((f"{match.inliers} inliers", of))
    found.append(("", f"descriptor distance {match.distance:.3f}"))
    if isinstance(answer, Place):
        found.append(("", f"{length(answer.point.distance(match.point))} from the estimate"))
    if match.heading is not None and math.isfinite(match.heading):
        found.append(("", f"facing {compass(match.heading)} ({match.heading % 360.0:.0f}°)"))
    return found
