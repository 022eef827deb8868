"""From queries to ranked answers, under the rules of a protocol, in bounded memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from placeprint.arrays import Float64, Int64
from placeprint.datasets import PlaceDataset, Protocol
from placeprint.errors import PlaceprintError
from placeprint.evaluation.ranking_rules import RankingRules
from placeprint.progress import meter
from placeprint.retrieval import Candidates, Retriever

QUERIES = 4096
"""Queries searched at a time, between two updates of the progress bar."""

NOTHING = Candidates(np.zeros(0, np.int64), np.zeros(0), {"distance": np.zeros(0)})


@dataclass(frozen=True)
class Ranking:
    """For each query, the database rows that answer it, best first, as `Candidates` with rows as ids."""

    candidates: Sequence[Candidates]

    @property
    def rows(self) -> list[Int64]:
        """Database rows for each query."""
        return [found.ids for found in self.candidates]

    @property
    def distances(self) -> list[Float64]:
        """Euclidean distances of descriptors; NaN for another program's predictions without distances."""
        return [np.asarray(found.evidence["distance"], np.float64) for found in self.candidates]

    def best_confidence(self) -> Float64:
        """(q,) confidence in the best answer, higher means more certain; -inf if there is none."""
        return np.array([found.confidence for found in self.candidates], np.float64)


def rank(
    dataset: PlaceDataset,
    protocol: Protocol,
    retriever: Retriever,
    queries: Sequence[Mapping[str, Any]],
    depth: int,
    unreadable: tuple[Sequence[int], Sequence[int]] = ((), ()),
    quiet: bool = False,
) -> Ranking:
    """The first `depth` answers to every query (fewer if there are no more).

    `retriever`: searches the database, its ids being rows in the data set's order; `queries`: their columns;
    `unreadable`: rows of the database and of the queries whose photo could not be read, which neither are
    answers nor get any.
    """
    rules = RankingRules(dataset, protocol, unreadable[0])
    found = [NOTHING] * len(queries)
    lost = np.isin(np.arange(len(queries)), list(unreadable[1]))
    with meter("Searching", len(queries), "queries", quiet) as advance:
        for stored, asked in _regions(dataset, protocol):
            allowed = None if len(stored) == len(dataset.database) else stored
            readable = asked[~lost[asked]]
            for start in range(0, len(readable), QUERIES):
                some = readable[start : start + QUERIES]
                answers = _search(rules, retriever, allowed, len(stored), queries, some, depth)
                for q, candidates in zip(some, answers, strict=True):
                    found[q] = candidates
                advance(len(some))
    return Ranking(found)


def filtered(dataset: PlaceDataset, protocol: Protocol, rows: Sequence[Int64]) -> Ranking:
    """Answers of another program under the same rules: what the protocol leaves out is removed.

    `rows`: for each query, the database rows, best first. If the protocol searches within a region, answers
    from elsewhere are removed too. Raises ValueError if the number of lists differs from that of queries.
    """
    if len(rows) != len(dataset.queries):
        raise ValueError(f"{len(rows)} lists of answers do not match {len(dataset.queries)} queries")
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
    return Ranking([predicted(ids) for ids in kept])


def predicted(ids: Int64) -> Candidates:
    """Rows of which only the order is known."""
    unknown = np.full(len(ids), np.nan)
    return Candidates(ids, unknown, {"distance": unknown})


def _search(
    rules: RankingRules,
    retriever: Retriever,
    allowed: Int64 | None,
    size: int,
    queries: Sequence[Mapping[str, Any]],
    some: Int64,
    depth: int,
) -> list[Candidates]:
    """Fetch as deep as the protocol says, or until the rules leave `depth` answers to each query."""
    fetch = min(rules.first_fetch(depth), size)
    found, waiting = [NOTHING] * len(some), np.arange(len(some))
    while len(waiting):
        lists = retriever.retrieve([queries[q] for q in some[waiting].tolist()], fetch, allowed)
        short = []
        for at, candidates in zip(waiting.tolist(), lists, strict=True):
            kept = rules.kept(int(some[at]), candidates.ids)[:depth]
            found[at] = candidates.take(kept)
            if len(kept) < depth:
                short.append(at)
        if rules.limited or fetch >= size:
            break
        waiting, fetch = np.array(short, np.int64), min(2 * fetch, size)
    return found


def _regions(dataset: PlaceDataset, protocol: Protocol) -> list[tuple[Int64, Int64]]:
    """(database rows, queries) of each group searched together."""
    if not protocol.within_region:
        return [(np.arange(len(dataset.database)), np.arange(len(dataset.queries)))]
    stored, asked = dataset.database.regions, dataset.queries.regions
    if stored is None or asked is None:
        raise PlaceprintError(
            f"{dataset.name} has no regions, and protocol {protocol.name} searches inside one",
            "Choose a protocol that suits this data set",
        )
    return [(np.flatnonzero(stored == city), np.flatnonzero(asked == city)) for city in np.unique(asked)]
