"""Recall and clustering during training, on photos of classes the network is not trained on."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from placeprint.arrays import Float32, Int64, nearest_rows
from placeprint.codebooks import kmeans
from placeprint.losses import PDDM
from placeprint.metrics import class_recall_at, nmi
from placeprint.training.config import CLASS_RECALL_AT


@dataclass(eq=False)
class ClassValidation:
    """Every photo is a query against all others: is one of the N nearest of its class? As in Song et al.,
    CVPR 2016, §6.1.

    `labels` (n,): the classes. `metric`: if given, photos are also ranked by its score.
    """

    labels: NDArray[np.str_]
    metric: PDDM | None = None
    seed: int = 0
    also: dict[str, float] = field(default_factory=dict)
    """Results of the last call, in percent: "nmi" between the classes and k-means with as many clusters;
    with a metric also "score_recall@N"."""

    def __call__(self, describe: Callable[[], Float32]) -> dict[int, float]:
        """{N: recall@N in percent} by Euclidean distance. `describe()` returns the current vectors (n, d);
        zero vectors, those of unreadable photos, are left out.
        """
        vectors = describe()
        readable = vectors.any(axis=1)
        vectors, labels = vectors[readable], self.labels[readable]
        deepest = min(CLASS_RECALL_AT[-1] + 1, len(vectors))
        found = _percent(class_recall_at(nearest_rows(vectors, vectors, deepest)[1], labels, CLASS_RECALL_AT))
        clusters = kmeans(vectors, len(np.unique(labels)), seed=self.seed).assign(vectors)
        self.also = {"nmi": round(100 * nmi(labels, clusters), 2)}
        if self.metric is not None:
            ranked = by_score(self.metric, vectors, deepest - 1)
            scored = _percent(class_recall_at(ranked, labels, CLASS_RECALL_AT))
            self.also |= {f"score_recall@{n}": recall for n, recall in scored.items()}
        return found


@torch.inference_mode()
def by_score(metric: PDDM, vectors: Float32, depth: int) -> Int64:
    """(n, depth): for each of the unit vectors (n, d), the others by descending score S (Huang et al., NIPS
    2016, the rows "PDDM" of their tables); ties go to the first. O(n² d²) time.
    """
    device = metric.score.weight.device
    scores: Tensor = metric(torch.from_numpy(vectors).to(device))
    scores.fill_diagonal_(-torch.inf)
    ranked: Int64 = scores.argsort(dim=1, descending=True, stable=True)[:, :depth].cpu().numpy()
    return ranked


def _percent(shares: dict[int, float]) -> dict[int, float]:
    return {n: round(100 * share, 2) for n, share in shares.items()}
