"""A ranking with what is right, and what is neither right nor wrong, for every query."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from placeprint.arrays import Bool, Float64, Int64
from placeprint.datasets import PlaceDataset, Protocol
from placeprint.errors import PlaceprintError
from placeprint.evaluation.ranking import Ranking
from placeprint.metrics import first_hits


@dataclass(frozen=True)
class Judged:
    """`counted` (q,): the queries that count under the protocol: all of them, or those with a positive."""

    dataset: PlaceDataset
    protocol: Protocol
    ranking: Ranking
    right: Sequence[Int64]
    junk: Sequence[Int64]

    @cached_property
    def counted(self) -> Bool:
        """(q,) whether each query counts."""
        has = np.array([len(rows) > 0 for rows in self.right], np.bool_)
        return has if self.protocol.without_positives == "drop" else np.ones(len(has), np.bool_)

    @cached_property
    def answers(self) -> Sequence[Int64]:
        """The answers without junk: everything behind a junk photo moves up."""
        if not self.protocol.truth.junk:
            return self.ranking.rows
        pairs = zip(self.ranking.rows, self.junk, strict=True)
        return [rows[~np.isin(rows, junk)] for rows, junk in pairs]

    @cached_property
    def first(self) -> Float64:
        """(q,) 0-based rank of the first right answer among `answers`; infinite if there is none."""
        return first_hits(self.answers, self.right)


def judge(dataset: PlaceDataset, protocol: Protocol, ranking: Ranking) -> Judged:
    """Raises PlaceprintError if the data set lacks what the rules need, or no query counts."""
    judged = Judged(dataset, protocol, ranking, protocol.right(dataset), protocol.junk(dataset))
    if len(ranking.rows) != len(dataset.queries):
        raise ValueError(f"{len(ranking.rows)} rankings do not match {len(dataset.queries)} queries")
    if not judged.counted.any():
        raise PlaceprintError(
            f"{dataset.name}: no query counts under protocol {protocol.name}",
            "Check that database and queries show the same places, and the protocol's rules",
        )
    return judged
