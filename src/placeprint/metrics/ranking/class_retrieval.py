"""Recall@K of metric learning: is one of the K nearest photos of the same class?"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike


def class_recall_at(
    ranked: ArrayLike, labels: ArrayLike, ks: Sequence[int] = (1, 2, 4, 8)
) -> dict[int, float]:
    """Recall@K = mean over photos of 1[any of the K nearest other photos has the photo's class].

    Song et al., "Deep metric learning via lifted structured feature embedding", CVPR 2016, for CUB-200-2011
    and Cars-196. Every photo is a query against all others; its own id, if present in its ranking, is left
    out. A photo that is alone in its class counts as a failure.

    ranked (q, n): row i holds the ids, 0..q-1, nearest first, for photo i; labels (q,): the classes. Returns
    {K: share in 0..1}. Raises `ValueError` without photos, for shapes that do not match, for other ids, and
    if a row has fewer than K other photos though there are more.
    """
    ids, classes = np.asarray(ranked, np.int64), np.asarray(labels)
    if ids.ndim != 2 or not len(ids) or classes.shape != ids.shape[:1]:
        raise ValueError(f"rankings {ids.shape} do not match labels {classes.shape}")
    if ids.size and (ids.min() < 0 or ids.max() >= len(ids)):
        raise ValueError(f"an id is not one of the {len(ids)} photos")
    other = ids != np.arange(len(ids))[:, None]
    needed = min(max(ks), len(ids) - 1)
    if other.sum(axis=1).min() < needed:
        raise ValueError(f"Recall@{max(ks)} needs {needed} photos in each row besides the query itself")
    rank = np.cumsum(other, axis=1) - 1
    same = other & (classes[ids] == classes[:, None])
    first = np.where(same, rank, np.inf).min(axis=1, initial=np.inf)
    return {k: float(np.mean(first < k)) for k in ks}
