"""VLAD: the local features of a photo as sums of their offsets from visual words."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float32, unit_rows
from placeprint.codebooks import Codebook
from placeprint.encoders.registry import ENCODERS

Normalization = Literal["intra", "power", "none"]


@ENCODERS.register("vlad")
def vlad(descriptors: NDArray[Any], codebook: Codebook, normalization: Normalization = "intra") -> Float32:
    """Vector of locally aggregated descriptors (Jégou et al., CVPR 2010, §3), unit length.

    V_k = Σ_{i: q(xᵢ) = k} (xᵢ − c_k), with q the nearest center; then each

    "intra": V_k ← V_k / ‖V_k‖ (Arandjelović & Zisserman, "All about VLAD", CVPR 2013, §3.1), or
    "power": V ← sign(V) √|V| (Jégou et al., PAMI 2012; also called SSR), or
    "none";

    and finally V ← V / ‖V‖. `descriptors` (n, d), codebook of K centers → (K·d,), coordinate j of cell k
    at index k·d + j. A cell without features is zero. A photo without features gets the zero vector; the
    caller decides what to do with it.
    """
    centers = codebook.centers
    cells: Float32 = np.zeros_like(centers)
    if len(descriptors):
        words = codebook.assign(descriptors)
        order = np.argsort(words, kind="stable")
        filled, starts = np.unique(words[order], return_index=True)
        offsets = np.asarray(descriptors, np.float32)[order] - centers[words[order]]
        cells[filled] = np.add.reduceat(offsets, starts, axis=0)
    if normalization == "intra":
        cells = unit_rows(cells)
    elif normalization == "power":
        cells = np.copysign(np.sqrt(np.abs(cells)), cells)
    vector: Float32 = unit_rows(cells.reshape(1, -1))[0]
    return vector
