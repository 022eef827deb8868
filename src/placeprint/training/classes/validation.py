"""Recall and clustering of the network in training, on photos of classes that it is not trained on."""

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
    """Each photo asks all others: is one of the N nearest of its class? As Song et al., CVPR 2016, §6.1.

    `labels` (n,): the classes. `metric`: where there is one, photos are also ranked by its score.
    """

    labels: NDArray[np.str_]
    metric: PDDM | None = None
    seed: int = 0
    also: dict[str, float] = field(default_factory=dict)
    """Of the last call, in per cent: "nmi", of the classes and of k-means with as many clusters; with a
    metric "score_recall@N"."""

    def __call__(self, describe: Callable[[], Float32]) -> dict[int, float]:
        """{N: recall@N in per cent} by Euclidean distance. `describe()` gives the current vectors (n, d);
        those of zeros, of photos that cannot be read, are left out."""
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
    """(n, depth): for each of the unit vectors (n, d) the others in falling order of the score S (Huang et
    al., NIPS 2016, the rows "PDDM" of their tables); of equal scores the first. O(n² d²) time."""
    device = metric.score.weight.device
    scores: Tensor = metric(torch.from_numpy(vectors).to(device))
    scores.fill_diagonal_(-torch.inf)
    ranked: Int64 = scores.argsort(dim=1, descending=True, stable=True)[:, :depth].cpu().numpy()
    return ranked


def _percent(shares: dict[int, float]) -> dict[int, float]:
    return {n: round(100 * share, 2) for n, share in shares.items()}
