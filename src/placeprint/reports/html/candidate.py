"""One candidate on a page: rank, distance and inliers, and the two photos with their matched features."""

import math
from html import escape

from placeprint.placemap.place import Answer, Match, Place
from placeprint.plots.maps.landmarks import rank_class
from placeprint.plots.svg import length
from placeprint.reports.html.match_drawing import match_drawing
from placeprint.reports.jpeg import Jpeg
from placeprint.reports.text import compass, legible, query_name


def candidate_card(
    query_id: str, rank: int, match: Match, answer: Answer, query: Jpeg | None, reference: Jpeg | None
) -> str:
    """The `<article>` of the candidate at this rank."""
    title = (
        f'<h4><span class="badge {rank_class(rank - 1)}">{rank}</span>{escape(query_name(match.path))}</h4>'
    )
    facts = "".join(f"<li>{fact}</li>" for fact in _facts(match, answer))
    return (
        f'<article class="card">{title}<ul class="facts-line">{facts}</ul>'
        f"{_pictures(query_id, rank, match, query, reference)}"
        f'<p class="path">{escape(legible(match.path))}</p></article>'
    )


def _facts(match: Match, answer: Answer) -> list[str]:
    facts = []
    if match.inliers is not None:
        of = f" of {len(match.correspondences)} matched features" if match.correspondences else ""
        facts.append(f"<b>{match.inliers} inliers</b>{of}")
    facts.append(f"descriptor distance {match.distance:.3f}")
    if isinstance(answer, Place):
        facts.append(f"{length(answer.point.distance(match.point))} from the estimate")
    if match.heading is not None and math.isfinite(match.heading):
        facts.append(f"facing {compass(match.heading)} ({match.heading % 360.0:.0f}°)")
    return facts


def _pictures(query_id: str, rank: int, match: Match, query: Jpeg | None, reference: Jpeg | None) -> str:
    name = query_name(match.path)
    if reference is None:
        return '<p class="absent">This reference photo cannot be shown: its file is not where it was.</p>'
    if query is None:
        label = escape(f"Reference photo {name}", quote=True)
        size = f'width="{reference.width}" height="{reference.height}"'
        return f'<img class="alone" {size} alt="{label}" src="{reference.uri}">'
    label = f"Query on the left, reference photo {name} on the right"
    pairs = match.correspondences
    if pairs is None or not len(pairs):
        return match_drawing(query_id, query, reference, None, label)
    inliers = int(pairs.inlier.sum())
    label += f"; {inliers} matched features agree"
    drawing = match_drawing(query_id, query, reference, pairs, label)
    off = f"{query_id}-{rank}"
    return (
        f'<div class="switches"><input type="checkbox" class="show-in" id="{off}-in" checked>'
        f'<label for="{off}-in"><span class="swatch in"></span>{inliers} inliers</label>'
        f'<input type="checkbox" class="show-out" id="{off}-out">'
        f'<label for="{off}-out"><span class="swatch out"></span>{len(pairs) - inliers} outliers</label>'
        f"{drawing}</div>"
    )
