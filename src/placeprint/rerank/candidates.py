"""What a query may show: references in order, with scores and evidence."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, overload

import numpy as np

from placeprint.arrays import Float64, Int64

Evidence: TypeAlias = Sequence[Any] | Float64


@dataclass(frozen=True)
class Candidate:
    """One candidate in a list. `evidence`: what each stage found out about it, by name."""

    rank: int
    id: int
    score: float
    evidence: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Candidates:
    """The candidates of one query, best first.

    `ids` (k,) of the references. `scores` (k,), not ascending: those of the stage that last ordered the list;
    -inf for candidates it did not examine, NaN if unknown. `evidence`: name → k values, such as "distance"
    (Euclidean, between descriptors) or "verification" (None if not compared); a stage adds its own and keeps
    that of the others. `confidence` in the best candidate, comparable between queries of the same pipeline;
    by default its score.

    Indexing gives a `Candidate`, slicing gives fewer `Candidates`. Raises `ValueError` if the lengths differ.
    """

    ids: Int64
    scores: Float64
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    confidence: float = field(default=np.nan)

    def __post_init__(self) -> None:
        lengths = {len(self.ids), len(self.scores), *map(len, self.evidence.values())}
        if len(lengths) > 1 or self.ids.ndim != 1:
            raise ValueError(f"ids {self.ids.shape}, scores {self.scores.shape} and evidence do not match")
        if np.isnan(self.confidence):
            object.__setattr__(self, "confidence", float(self.scores[0]) if len(self.ids) else -np.inf)

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[Candidate]:
        return (self[rank] for rank in range(len(self)))

    @overload
    def __getitem__(self, at: int) -> Candidate: ...

    @overload
    def __getitem__(self, at: slice) -> "Candidates": ...

    def __getitem__(self, at: int | slice) -> "Candidate | Candidates":
        if isinstance(at, slice):
            return self.take(np.arange(len(self))[at])
        rank = range(len(self))[at]
        found = {name: values[rank] for name, values in self.evidence.items()}
        return Candidate(rank, int(self.ids[rank]), float(self.scores[rank]), found)

    def __repr__(self) -> str:
        best = f", best {self.ids[0]} at {self.scores[0]:.4g}" if len(self) else ""
        return f"Candidates({len(self)}{best}; evidence: {', '.join(self.evidence) or 'none'})"

    def take(self, places: Int64) -> "Candidates":
        """Those at `places` (m,), in that order, with their scores and evidence."""
        found = {name: _taken(values, places) for name, values in self.evidence.items()}
        return Candidates(self.ids[places], self.scores[places], found)

    def reordered(
        self, order: Int64, scores: Float64, confidence: float = np.nan, **evidence: Evidence
    ) -> "Candidates":
        """The first m candidates in the `order` (m,) of their places, with new `scores` (m,) and more
        `evidence`, both indexed by the old places; the others follow in their old order, with -inf and None.
        """
        head, rest = len(order), np.arange(len(order), len(self))
        places = np.concatenate([order, rest]).astype(np.int64)
        moved = self.take(places)
        found = dict(moved.evidence)
        for name, values in evidence.items():
            found[name] = (*(values[i] for i in order.tolist()), *([None] * len(rest)))
        better = np.concatenate([scores[order], np.full(len(self) - head, -np.inf)])
        return Candidates(moved.ids, better, found, confidence)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values, without evidence that is neither a number nor text."""
        plain = {
            name: [v if v is None or isinstance(v, int | float | str) else None for v in values]
            for name, values in ((n, np.asarray(v, object).tolist()) for n, v in self.evidence.items())
        }
        scores = [float(s) if np.isfinite(s) else None for s in self.scores]
        return {"ids": self.ids.tolist(), "scores": scores, "evidence": plain}


def _taken(values: Evidence, places: Int64) -> Evidence:
    if isinstance(values, np.ndarray):
        return values[places]
    return tuple(values[i] for i in places.tolist())
