"""Normalized mutual information: how well does a clustering agree with the classes?"""

import numpy as np
from numpy.typing import ArrayLike

from placeprint.arrays import Int64


def nmi(labels_a: ArrayLike, labels_b: ArrayLike) -> float:
    """NMI = 2 I(A; B) / (H(A) + H(B)), in 0..1; the names of the labels do not matter.

    Manning et al., "Introduction to information retrieval", §16.3, as used for metric learning by Song
    et al., CVPR 2016. From the contingency table with shares p_ab, p_a, p_b:
    I = Σ p_ab ln(p_ab / (p_a p_b)), H = -Σ p ln p. It is 1 if both put all photos in one group.

    labels_a, labels_b: (n,). Raises `ValueError` without photos or for shapes that do not match.
    """
    a, b = np.asarray(labels_a), np.asarray(labels_b)
    if a.ndim != 1 or not len(a) or a.shape != b.shape:
        raise ValueError(f"labels {a.shape} do not match labels {b.shape}")
    of_a, of_b = np.unique(a, return_inverse=True)[1], np.unique(b, return_inverse=True)[1]
    pairs = of_a.astype(np.int64) * (of_b.max() + 1) + of_b
    h_a, h_b, h_ab = _entropy(of_a), _entropy(of_b), _entropy(pairs)
    if h_a + h_b == 0.0:
        return 1.0
    return min(1.0, max(0.0, 2 * (h_a + h_b - h_ab) / (h_a + h_b)))


def _entropy(labels: Int64) -> float:
    share = np.unique(labels, return_counts=True)[1] / len(labels)
    return float(-np.sum(share * np.log(share)))
