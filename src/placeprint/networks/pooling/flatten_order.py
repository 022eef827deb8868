"""The two orders in which VLAD vectors are flattened, and the conversion between them."""

import numpy as np

from placeprint.arrays import Int64


def flatten_order(clusters: int, channels: int) -> Int64:
    """The indices (K·D,) that bring vectors flattened as d·K + k into placeprint's order k·D + d.

    `placeprints = theirs[..., flatten_order(K, D)]`, and back: `theirs = placeprints[..., flatten_order(D,
    K)]`. A PCA matrix (dim, K·D) and its mean are converted the same way, along their last axis. The code of
    the NetVLAD paper (MATLAB) and SALAD flatten as d·K + k; most PyTorch code flattens as k·D + d.
    """
    return np.arange(clusters * channels).reshape(channels, clusters).T.ravel()
