"""Contact sheets of a map's answers: confident and wrong, best, no match."""

import math
from pathlib import Path

import numpy as np

from placeprint.arrays import Bool, Float64, Int64
from placeprint.evaluation.map_run import MapEvaluation
from placeprint.evaluation.report.contact_sheet import SHOWN, Example, Hit, sheet
from placeprint.evaluation.report.thumbnails import Thumbnails
from placeprint.placemap import Failed, Place
from placeprint.placemap.place import Match
from placeprint.plots.svg import length


def map_sheets(found: MapEvaluation, count: int, thumbnails: Thumbnails) -> str:
    """Up to `count` wrong answers, the most confident first; the right ones nearest to the truth; queries
    without an answer, the most confident guess first.
    """
    confidence = np.array([-math.inf if a is None else a.confidence for a in found.answers], np.float64)
    located = found.located
    wrong = _first(located & (found.errors > found.radius), -confidence)
    right = _first(located & (found.errors <= found.radius), found.errors)
    nothing = _first(~located, -confidence)
    kinds = (
        ("Wrong", "The estimate is too far from the truth. Most confident first", wrong),
        ("Best", "The estimates nearest to the truth", right),
        ("No match", "No place was told. The most confident guess first", nothing),
    )
    return "".join(
        sheet(
            title,
            f"{intro}: {min(count, len(rows)):,} of {len(rows):,}.",
            [_example(found, query) for query in rows[:count].tolist()],
            thumbnails,
        )
        for title, intro, rows in kinds
    )


def _first(which: Bool, key: Float64) -> Int64:
    """Rows where `which`, by ascending `key`; ties in the order of the queries."""
    rows = np.flatnonzero(which)
    return rows[np.argsort(key[rows], kind="stable")]


def _example(found: MapEvaluation, query: int) -> Example:
    answer = found.answers[query]
    matches = answer.matches[:SHOWN]
    hits = [_hit(found, query, match) for match in matches]
    return Example(found.queries[query].path, query, _known(found, query), [("", hits)])


def _known(found: MapEvaluation, query: int) -> list[str]:
    answer = found.answers[query]
    if isinstance(answer, Failed):
        return [f"photo could not be read: {answer.reason}"]
    if not isinstance(answer, Place):
        return [str(answer.reason), f"confidence {answer.confidence:.2f}"]
    error = float(found.errors[query])
    return [
        f"{length(error)} from the truth",
        *(
            f"{share} % radius {length(radius)}: {'inside' if error <= radius else 'outside'}"
            for share, radius in ((50, answer.radius_50), (90, answer.radius_90))
        ),
        f"confidence {answer.confidence:.2f}{', verified' if answer.verified else ''}",
    ]


def _hit(found: MapEvaluation, query: int, match: Match) -> Hit:
    truth = found.queries[query].point
    apart = math.nan if truth is None else match.point.distance(truth)
    facts = [] if math.isnan(apart) else [length(apart)]
    facts.append(f"d {match.distance:.3f}")
    if match.inliers is not None:
        facts.append(f"{match.inliers} inliers")
    return Hit(Path(match.path), match.id, "right" if apart <= found.radius else "wrong", facts)
