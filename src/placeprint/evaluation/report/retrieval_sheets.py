"""Contact sheets of rankings: wrong, right, without a right answer, won and lost against another method."""

import numpy as np

from placeprint.arrays import Float64, Int64
from placeprint.datasets import PhotoSet, PlaceDataset
from placeprint.evaluation.judging import Judged
from placeprint.evaluation.report.contact_sheet import SHOWN, Example, Hit, sheet
from placeprint.evaluation.report.examples import choose_examples, won_and_lost
from placeprint.evaluation.report.thumbnails import Box, Thumbnails
from placeprint.evaluation.result import MethodResult
from placeprint.geo import distances
from placeprint.plots.svg import length


def method_sheets(judged: Judged, count: int, thumbnails: Thumbnails) -> str:
    """Failures, successes, and queries without a right answer."""
    chosen = choose_examples(judged, count)
    alone = (
        "count as failures" if judged.protocol.without_positives == "count" else "are left out of the means"
    )
    kinds = (
        (
            "Wrong",
            "The best answer is wrong, though there is a right one. Most confident first",
            chosen.failures,
        ),
        ("Right", "The best answer is right. From the most to the least confident", chosen.successes),
        (
            "Nothing to find",
            f"No photo is a right answer; they {alone}. Most confident first",
            chosen.without,
        ),
    )
    drawn = []
    for (title, intro, rows), of in zip(kinds, chosen.counts, strict=True):
        examples = [_example(judged, query) for query in rows.tolist()]
        drawn.append(sheet(title, f"{intro}: {len(rows):,} of {of:,}.", examples, thumbnails))
    return "".join(drawn)


def comparison_sheets(first: MethodResult, other: MethodResult, count: int, thumbnails: Thumbnails) -> str:
    """Queries that exactly one of two methods answers correctly, half of `count` of each kind."""
    half = (count + 1) // 2
    drawn = []
    won, lost = won_and_lost(first.judged, other.judged)
    kinds = (
        ("Won against", other.method, first.method, won),
        ("Lost against", first.method, other.method, lost),
    )
    for title, right, wrong, rows in kinds:
        examples = [_compared(first, other, query) for query in rows[:half].tolist()]
        intro = f"Right by {right}, wrong by {wrong}. The more confident the wrong one, the earlier"
        heading = f"{title} {first.method}"
        drawn.append(sheet(heading, f"{intro}: {len(examples):,} of {len(rows):,}.", examples, thumbnails))
    return "".join(drawn)


def _example(judged: Judged, query: int) -> Example:
    return Example(
        judged.dataset.queries[query].path,
        query,
        _known(judged, query),
        [("", _hits(judged, query))],
        _missed(judged, query),
        _box(judged.dataset.queries, query),
    )


def _compared(first: MethodResult, other: MethodResult, query: int) -> Example:
    queries = first.judged.dataset.queries
    rankings = [(result.method, _hits(result.judged, query)) for result in (first, other)]
    label = _label(first.judged, query)
    return Example(queries[query].path, query, label, rankings, box=_box(queries, query))


def _hits(judged: Judged, query: int) -> list[Hit]:
    rows, spacing = (each[query][:SHOWN] for each in (judged.ranking.rows, judged.ranking.distances))
    return [_hit(judged, query, *pair) for pair in zip(rows.tolist(), spacing.tolist(), strict=True)]


def _hit(judged: Judged, query: int, row: int, distance: float) -> Hit:
    """`distance` is that of the descriptors, NaN if unknown."""
    database = judged.dataset.database
    junk, right = row in judged.junk[query], row in judged.right[query]
    known = _separation(judged.dataset, query, row)
    return Hit(
        database[row].path,
        row,
        "junk" if junk else "right" if right else "wrong",
        [*known, f"d {distance:.3f}"] if np.isfinite(distance) else known,
        _box(database, row) if judged.protocol.database_box else None,
    )


def _box(photos: PhotoSet, row: int) -> Box | None:
    return None if photos.boxes is None else photos.boxes[row]


def _known(judged: Judged, query: int) -> list[str]:
    """Facts about a query, shown below its photo."""
    said = _label(judged, query)
    found = judged.ranking.candidates[query]
    reranked = "verification" in found.evidence
    if reranked and np.isfinite(found.confidence):
        said.append(f"confidence {found.confidence:.3g}")
    right = len(judged.right[query])
    said.append(f"{right:,} right photo{'s' if right != 1 else ''}" if right else "no right photo")
    if judged.first[query] > 0 and right:
        rank, looked = judged.first[query], len(judged.answers[query])
        said.append(
            f"first right at {rank + 1:.0f}" if np.isfinite(rank) else f"none in the first {looked:,}"
        )
    return said


def _label(judged: Judged, query: int) -> list[str]:
    labels = judged.dataset.queries.labels
    return [] if labels is None else [f"label {labels[query]}"]


def _missed(judged: Judged, query: int) -> tuple[str, Hit] | None:
    """The first right answer behind those that are shown, or else the nearest right photo."""
    right, ranked = judged.right[query], judged.ranking.rows[query]
    found = np.flatnonzero(np.isin(ranked, right))
    if not len(right) or judged.first[query] == 0 or (len(found) and found[0] < SHOWN):
        return None
    if len(found):
        row, said = int(ranked[found[0]]), f"✓ {judged.first[query] + 1:.0f}"
        distance = float(judged.ranking.distances[query][found[0]])
    else:
        meters = _meters_between(judged.dataset, query, right)
        row, said, distance = int(right[np.argmin(np.nan_to_num(meters))]), "✓ not found", float("nan")
    return said, _hit(judged, query, row, distance)


def _meters_between(dataset: PlaceDataset, query: int, rows: Int64) -> Float64:
    """Meters (n,) from a query to database photos as the protocols measure them; NaN where a position is
    not known."""
    stored, asked = dataset.database.meters, dataset.queries.meters
    if stored is not None and asked is not None:
        return np.asarray(np.hypot(*(stored[rows] - asked[query]).T))
    point = dataset.queries[query].point
    found = np.full(len(rows), np.nan)
    for i, row in enumerate(rows.tolist()):
        other = dataset.database[row].point
        if point is not None and other is not None:
            found[i] = distances((other.lat, other.lon), (point.lat, point.lon))
    return found


def _separation(dataset: PlaceDataset, query: int, row: int) -> list[str]:
    """What is known, in words: "12 m", "3 frames on", "label kitchen"."""
    (meters,) = _meters_between(dataset, query, np.array([row]))
    said = [length(meters)] if np.isfinite(meters) else []
    stored, asked = dataset.database.frames, dataset.queries.frames
    if stored is not None and asked is not None:
        step = int(stored[row] - asked[query])
        said.append(f"{abs(step)} frames {'on' if step > 0 else 'back'}" if step else "same frame")
    if dataset.database.labels is not None:
        said.append(f"label {dataset.database.labels[row]}")
    return said
