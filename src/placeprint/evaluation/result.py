"""The results of an evaluation, with everything needed to repeat it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from placeprint.arrays import Float32, Float64
from placeprint.datasets import PlaceDataset, Protocol
from placeprint.evaluation.judging import Judged
from placeprint.evaluation.scores import Score
from placeprint.metrics import PairedDifference, error_percentiles, recall_over_distance
from placeprint.plots.facts import facts_html


@dataclass(frozen=True)
class MethodResult:
    """One method's ranking and scores.

    `described`: name, fingerprint and recipe of the descriptor and of the re-ranker, or the source of
    imported predictions. `errors` (q,): meters from the best answer to the truth, infinite without an answer;
    None if the data set has no positions. `seconds`: for describing (0 if the vectors were cached),
    searching, re-ranking. `against_first`: {metric: this method minus the first one}. `vectors`: of the
    database and of the queries, if they were computed here.
    """

    method: str
    described: Mapping[str, Any]
    judged: Judged
    scores: Mapping[str, Score]
    errors: Float64 | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    warnings: Sequence[str] = ()
    against_first: Mapping[str, PairedDifference] = field(default_factory=dict)
    vectors: tuple[Float32, Float32] | None = None

    def __repr__(self) -> str:
        scores = ", ".join(f"{name} {score.value:.3f}" for name, score in list(self.scores.items())[:4])
        return f"MethodResult({self.method!r}: {scores})"

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values; infinite errors and undefined interval ends are null."""
        answers = zip(self.judged.answers, self.judged.first, strict=True)
        return {
            "method": self.method,
            "described": dict(self.described),
            "scores": {
                name: {"value": _finite(s.value), "low": _finite(s.low), "high": _finite(s.high)}
                for name, s in self.scores.items()
            },
            "against_first": {
                name: {
                    "difference": d.difference,
                    "low": _finite(d.low),
                    "high": _finite(d.high),
                    "p": d.p_value,
                }
                for name, d in self.against_first.items()
            },
            "localization": self._localization(),
            "seconds": {name: round(value, 3) for name, value in self.seconds.items()},
            "warnings": list(self.warnings),
            "queries": [
                {
                    "best": int(rows[0]) if len(rows) else None,
                    "first_right": int(first) + 1 if np.isfinite(first) else None,
                }
                for rows, first in answers
            ],
        }

    def _localization(self) -> dict[str, Any] | None:
        if self.errors is None:
            return None
        return {
            "error_percentiles": {str(p): _finite(m) for p, m in error_percentiles(self.errors).items()},
            "recall_over_distance": {f"{d:g}": r for d, r in recall_over_distance(self.errors).items()},
        }


@dataclass(frozen=True)
class Evaluation:
    """Several methods under one protocol on one data set; the others are compared with the first."""

    dataset: PlaceDataset
    protocol: Protocol
    results: Sequence[MethodResult]
    seed: int
    machine: str
    version: str
    created: datetime
    command: str | None = None

    def __repr__(self) -> str:
        methods = ", ".join(result.method for result in self.results)
        return f"Evaluation({methods} on {self.dataset.name} under {self.protocol.name})"

    def _repr_html_(self) -> str:
        facts = {
            result.method: ", ".join(f"{name} {score.value:.3f}" for name, score in result.scores.items())
            for result in self.results
        }
        return facts_html(f"{self.dataset.name}, protocol {self.protocol.name}", facts)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values, under stable keys."""
        counted = self.results[0].judged.counted if self.results else np.zeros(0, np.bool_)
        right = self.results[0].judged.right if self.results else []
        return {
            "format": "placeprint/evaluation",
            "version": 1,
            "protocol": {"fingerprint": self.protocol.fingerprint, **self.protocol.model_dump(mode="json")},
            "dataset": {
                "name": self.dataset.name,
                "fingerprint": self.dataset.fingerprint,
                "database": len(self.dataset.database),
                "queries": len(self.dataset.queries),
                "queries_counted": int(counted.sum()),
                "queries_without_positives": sum(not len(rows) for rows in right),
                "notes": list(self.dataset.notes),
                "unit": self.dataset.unit,
            },
            "seed": self.seed,
            "machine": self.machine,
            "placeprint": self.version,
            "created": self.created.isoformat(timespec="seconds"),
            "command": self.command,
            "results": [result.to_dict() for result in self.results],
        }


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
