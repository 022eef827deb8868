"""How hard the tuples of a batch are: numbers for the training log."""

from dataclasses import dataclass

import torch
from torch import Tensor

from placeprint.losses.tuple_loss import real_negatives, squared_distances
from placeprint.networks.pooling.unit_vectors import wide


@dataclass(frozen=True)
class TupleStatistics:
    """Distances are means; means and shares are NaN where there is nothing to count.

    `tuples` counts the tuples with at least one negative, `negatives` the real negatives: the weights for a
    mean over batches.
    """

    tuples: int
    negatives: int
    positive_distance: float
    """Mean d_p of `tuples`."""
    negative_distance: float
    """Mean d_n of `negatives`."""
    violating: float
    """Share of `negatives` with d_n² < d_p² + margin."""
    violated: float
    """Share of `tuples` with at least one violating negative."""


@torch.no_grad()
def tuple_statistics(
    query: Tensor, positive: Tensor, negatives: Tensor, mask: Tensor | None = None, *, margin: float = 0.0
) -> TupleStatistics:
    """Statistics of query (b, d), positive (b, d), negatives (b, n, d) and mask (b, n), as the losses take
    them.

    `margin` applies to squared distances: 0.1 counts the triplets NetVLAD trains on, 0 the negatives nearer
    than the positive. No gradient. Raises `ValueError` if the shapes do not match.
    """
    real = real_negatives(query, positive, negatives, mask)
    with torch.autocast(query.device.type, enabled=False):
        kept = wide(negatives).masked_fill(~real[..., None], 0)
        near, far = squared_distances(wide(query), wide(positive), kept)
    violating = (far < near + margin) & real
    used = real.any(dim=1)
    found = [
        used.sum(),
        real.sum(),
        near[used].sqrt().mean(),
        far[real].sqrt().mean(),
        violating.sum() / real.sum(),
        violating.any(dim=1).sum() / used.sum(),
    ]
    tuples, count, *means = torch.stack([value.double() for value in found]).tolist()
    return TupleStatistics(int(tuples), int(count), *means)
