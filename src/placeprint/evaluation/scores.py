"""From a judged ranking to scores, each with its interval and its value for every query."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float32, Float64
from placeprint.datasets import PlaceDataset, Protocol
from placeprint.evaluation.judging import Judged
from placeprint.metrics import (
    PrecisionRecall,
    average_precisions,
    bootstrap_interval,
    nmi,
    precision_recall,
    revisited,
)
from placeprint.registry import Registry


@dataclass(frozen=True)
class Score:
    """`value` with its 95 % interval over places, and `each` (q,), its value for every query, NaN if the
    protocol leaves the query out. Metrics that are not defined per query have NaN ends and no `each`.
    """

    value: float
    low: float = float("nan")
    high: float = float("nan")
    each: Float64 | None = None


@dataclass(frozen=True)
class Metric:
    """A metric of a protocol: `each(judged)` gives named scores (q,) of every query, NaN where one is
    left out. `said`: a description for reports. `depth`: how many answers it needs, if not the
    protocol's largest N; None: the whole database."""

    said: str
    each: Callable[[Judged], dict[str, Float64]]
    depth: int | None = 1


METRICS: Registry[Metric] = Registry("metric", "placeprint.evaluation.scores", "placeprint.metrics")
"""Metrics by the names that protocols use."""


def metrics_of(protocol: Protocol) -> list[Metric]:
    """Raises PlaceprintError for a metric that no package registers."""
    return [METRICS.find(name) for name in protocol.metrics]


def depth_needed(protocol: Protocol, dataset: PlaceDataset) -> int:
    """How many answers per query the protocol's metrics need, including junk."""
    depths = [metric.depth for metric in metrics_of(protocol)]
    if None in depths:
        return len(dataset.database)
    depth = max(*protocol.ns, *(depth for depth in depths if depth is not None))
    junk = max((len(rows) for rows in protocol.junk(dataset)), default=0)
    return min(depth + junk, len(dataset.database))


def score(judged: Judged, places: NDArray[np.str_], seed: int = 0) -> dict[str, Score]:
    """The protocol's metrics, in its order; for "nmi" see `clustering_score`. `places` (q,): the units
    resampled by the bootstrap, because queries at the same place are correlated.
    """
    found: dict[str, Score] = {}
    for metric in judged.protocol.metrics:
        for name, each in METRICS.find(metric).each(judged).items():
            kept = ~np.isnan(each)
            if not kept.any():
                found[name] = Score(float("nan"), each=each)
                continue
            interval = bootstrap_interval(each[kept], places[kept], seed=seed)
            found[name] = Score(float(each[kept].mean()), *interval, each)
        curve = precision_recall_curve(judged) if metric in ("precision-recall", "gap") else None
        if curve is not None and metric == "gap":
            found["GAP"] = Score(curve.average_precision)
        elif curve is not None:
            found |= {"AUC-PR": Score(curve.area), "R@100%P": Score(curve.recall_at_full_precision)}
    return found


def precision_recall_curve(judged: Judged) -> PrecisionRecall | None:
    """Over the confidence in each query's best answer; None if predictions have no confidence."""
    confidence = judged.ranking.best_confidence()
    if np.isnan(confidence).any():
        return None
    findable = np.array([len(rows) > 0 for rows in judged.right])
    return precision_recall(confidence, judged.first == 0, findable)


def clustering_score(vectors: Float32, labels: NDArray[np.str_], seed: int = 0) -> Score:
    """NMI between the labels and k-means with as many clusters (Song et al., CVPR 2016, §6.1)."""
    from placeprint.codebooks import kmeans

    codebook = kmeans(vectors, len(np.unique(labels)), seed=seed)
    return Score(nmi(labels, codebook.assign(vectors)))


def _recall(judged: Judged) -> dict[str, Float64]:
    return _recall_at(judged, "R@")


def _class_recall(judged: Judged) -> dict[str, Float64]:
    return _recall_at(judged, "Recall@")


def _recall_at(judged: Judged, prefix: str) -> dict[str, Float64]:
    hits = {n: (judged.first < n).astype(np.float64) for n in judged.protocol.ns}
    return {f"{prefix}{n}": np.where(judged.counted, hit, np.nan) for n, hit in hits.items()}


def _average_precision(judged: Judged) -> dict[str, Float64]:
    return {"mAP": average_precisions(judged.ranking.rows, judged.right, judged.junk)}


def _map_at_100(judged: Judged) -> dict[str, Float64]:
    return {"mAP@100": average_precisions(judged.answers, judged.right, method="rectangle", at=100)}


def _ns(judged: Judged) -> dict[str, Float64]:
    pairs = zip(judged.answers, judged.right, strict=True)
    return {"N-S": np.array([np.isin(rows[:4], right).sum() for rows, right in pairs], np.float64)}


def _revisited(judged: Judged) -> dict[str, Float64]:
    easy, hard, junk = (judged.dataset.listed[grade] for grade in ("easy", "hard", "junk"))
    setups = revisited(judged.ranking.rows, easy, hard, junk, judged.protocol.ns)
    found = {}
    for name, setup in (("E", setups.easy), ("M", setups.medium), ("H", setups.hard)):
        found[f"{name} mAP"] = setup.average_precision
        found |= {f"{name} mP@{k}": each for k, each in setup.precision.items()}
    return found


def _nothing(judged: Judged) -> dict[str, Float64]:
    return {}


for _name, _metric in {
    "recall": Metric("recall@N: is any of the first N answers right?", _recall),
    "precision-recall": Metric("precision and recall of the best answer, over its confidence", _nothing),
    "average-precision": Metric("mean average precision of the whole ranking", _average_precision, None),
    "revisited": Metric("mAP and mP@k of the easy, medium and hard setups", _revisited, None),
    "n-s": Metric("N-S: right photos among the first four", _ns, 4),
    "map@100": Metric("mean average precision of the first 100 answers", _map_at_100, 100),
    "gap": Metric("GAP: average precision of all best answers in one list, by confidence", _nothing),
    "class-recall": Metric("Recall@K: is any of the first K answers right?", _class_recall),
    "nmi": Metric("NMI of labels and clusters", _nothing),
}.items():
    METRICS.register(_name)(_metric)
