"""The two orders in which VLAD vectors are flattened, and the way between them."""

import numpy as np

from placeprint.arrays import Int64


def flatten_order(clusters: int, channels: int) -> Int64:
    """The indices (K·D,) that bring vectors flattened as d·K + k into our order k·D + d.

    `ours = theirs[..., flatten_order(K, D)]`, and back `theirs = ours[..., flatten_order(D, K)]`. A
    PCA matrix (dim, K·D) and its mean are carried over alike, by their last axis. The code of the
    NetVLAD paper (MATLAB) and SALAD flatten as d·K + k; most PyTorch code flattens as k·D + d.
    """
    return np.arange(clusters * channels).reshape(channels, clusters).T.ravel()
