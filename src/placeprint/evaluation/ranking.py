"""Queries to ranked answers, under the rules of a protocol, in bounded memory."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from placeprint.arrays import Float32, Float64, Int64
from placeprint.datasets import PlaceDataset, Protocol
from placeprint.errors import PlaceprintError
from placeprint.evaluation.ranking_rules import RankingRules
from placeprint.index import exact_search
from placeprint.progress import meter

QUERIES = 1024
"""Queries searched at a time, between two steps of the progress bar."""

NOTHING = np.zeros(0, np.int64), np.zeros(0, np.float32)


@dataclass(frozen=True)
class Ranking:
    """For each query the database rows that answer it, best first, and their Euclidean distances (NaN
    where predictions of another program do not tell). `confidence` (q,) in the best answer, more being
    surer: None: the nearer the surer."""

    rows: Sequence[Int64]
    distances: Sequence[Float32]
    confidence: Float64 | None = None

    def best_confidence(self) -> Float64:
        """(q,) `confidence`, or the negative distance of the best answer, -inf where there is none."""
        if self.confidence is not None:
            return self.confidence
        return np.array([-float(d[0]) if len(d) else -np.inf for d in self.distances], np.float64)


def rank(
    dataset: PlaceDataset,
    protocol: Protocol,
    database: Float32,
    queries: Float32,
    depth: int,
    unreadable: tuple[Sequence[int], Sequence[int]] = ((), ()),
    quiet: bool = False,
) -> Ranking:
    """The first `depth` answers to every query (fewer where there are no more), exact search.

    `database` (n, d) and `queries` (q, d): vectors in the data set's order; `unreadable`: rows of the
    database and of the queries whose photo could not be read, which neither answer nor are answered.
    Equal distances are ordered by row.
    """
    rules = RankingRules(dataset, protocol, unreadable[0])
    found = [NOTHING] * len(queries)
    lost = np.isin(np.arange(len(queries)), list(unreadable[1]))
    with meter("Searching", len(queries), "queries", quiet) as advance:
        for stored, asked in _regions(dataset, protocol):
            part = database if len(stored) == len(database) else database[stored]
            readable = asked[~lost[asked]]
            for start in range(0, len(readable), QUERIES):
                some = readable[start : start + QUERIES]
                for q, answers in zip(some, _search(rules, part, stored, queries, some, depth), strict=True):
                    found[q] = answers
                advance(len(some))
    return Ranking([rows for rows, _ in found], [distances for _, distances in found])


def filtered(dataset: PlaceDataset, protocol: Protocol, rows: Sequence[Int64]) -> Ranking:
    """Answers of another program under the same rules: what the protocol leaves out is taken out.

    `rows`: for each query the database rows, best first. Where the protocol searches inside a region,
    answers from elsewhere are taken out too. Raises ValueError where the lists do not fit the queries.
    """
    if len(rows) != len(dataset.queries):
        raise ValueError(f"{len(rows)} lists of answers do not fit {len(dataset.queries)} queries")
    rules = RankingRules(dataset, protocol)
    allowed = np.zeros(len(dataset.database), np.bool_)
    kept: list[Int64] = [np.zeros(0, np.int64)] * len(rows)
    for stored, asked in _regions(dataset, protocol):
        allowed[:] = False
        allowed[stored] = True
        for q in asked.tolist():
            inside = np.asarray(rows[q], np.int64)
            inside = inside[allowed[inside]]
            kept[q] = inside[rules.kept(q, inside)]
    return Ranking(kept, [np.full(len(ids), np.nan, np.float32) for ids in kept])


def _search(
    rules: RankingRules, part: Float32, stored: Int64, queries: Float32, some: Int64, depth: int
) -> list[tuple[Int64, Float32]]:
    """Fetch as deep as the protocol says, or until the rules leave `depth` answers to each query."""
    fetch = min(rules.first_fetch(depth), len(part))
    found, waiting = [NOTHING] * len(some), np.arange(len(some))
    while len(waiting):
        near, squared = exact_search(queries[some[waiting]], part, fetch)
        short = []
        for at, ids, spacing in zip(waiting.tolist(), stored[near], np.sqrt(squared), strict=True):
            kept = rules.kept(int(some[at]), ids)[:depth]
            found[at] = ids[kept], spacing[kept]
            if len(kept) < depth:
                short.append(at)
        if rules.limited or fetch >= len(part):
            break
        waiting, fetch = np.array(short, np.int64), min(2 * fetch, len(part))
    return found


def _regions(dataset: PlaceDataset, protocol: Protocol) -> list[tuple[Int64, Int64]]:
    """(database rows, queries) that are searched together."""
    if not protocol.within_region:
        return [(np.arange(len(dataset.database)), np.arange(len(dataset.queries)))]
    stored, asked = dataset.database.regions, dataset.queries.regions
    if stored is None or asked is None:
        raise PlaceprintError(
            f"{dataset.name} has no regions, and protocol {protocol.name} searches inside one",
            "Choose a protocol whose rule fits this data set",
        )
    return [(np.flatnonzero(stored == city), np.flatnonzero(asked == city)) for city in np.unique(asked)]
