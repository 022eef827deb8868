"""NetVLAD vectors of nine regions of a photo, from a single pass of the network (SFRS)."""

import torch
from torch import Tensor

from placeprint.networks.pooling.vlad.gated_netvlad import GatedNetVLAD
from placeprint.networks.pooling.vlad.netvlad import NetVLAD

REGIONS = (
    "global",
    "top",
    "bottom",
    "left",
    "right",
    "top left",
    "top right",
    "bottom left",
    "bottom right",
)
"""The regions that the nine vectors describe, in order."""


def region_vlads(features: Tensor, layer: NetVLAD | GatedNetVLAD) -> Tensor:
    """Vectors (n, 9, K·D) of feature maps (n, D, rows, columns), in the order of `REGIONS`.

    Ge et al., "Self-supervising Fine-grained Region Similarities", ECCV 2020, section 3.3: unnormalized
    NetVLAD of each quarter of the map; halves and the whole are sums of quarters, because V_k = Σ_i a_k(x_i)
    (x_i − c_k) is a sum over positions. Then each of the nine is normalized as in the layer. The first equals
    `layer(features)`.

    The map is cut before row ⌊rows/2⌋ and column ⌊columns/2⌋: with an odd number the lower or right part has
    one more, and no position is dropped. (The authors' maps are 30 × 40; their code accepts even sizes only.)
    Raises `ValueError` for a map with a single row or column.
    """
    rows, columns = features.shape[-2:]
    if rows < 2 or columns < 2:
        raise ValueError(f"a map of {rows} × {columns} positions cannot be cut into quarters")
    parts = [half.tensor_split([columns // 2], dim=3) for half in features.tensor_split([rows // 2], dim=2)]
    top_left, top_right, bottom_left, bottom_right = (
        layer.residuals(part) for half in parts for part in half
    )
    top, bottom = top_left + top_right, bottom_left + bottom_right
    left, right = top_left + bottom_left, top_right + bottom_right
    regions = torch.stack(
        [top + bottom, top, bottom, left, right, top_left, top_right, bottom_left, bottom_right], dim=1
    )
    return layer.normalized(regions)
