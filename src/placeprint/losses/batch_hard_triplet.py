"""The triplet loss over the hardest triplets of a labeled batch."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from placeprint.losses.registry import LOSSES
from placeprint.networks.pooling.unit_vectors import unit


@LOSSES.register("batch-triplet")
class BatchHardTripletLoss(nn.Module):
    """Mean over photos a of max(0, m + max_p D(a, p) − min_n D(a, n)), the batch-hard triplet loss.

    Hermans, Beyer & Leibe, "In Defense of the Triplet Loss", 2017 (arXiv 1703.07737), equation 5: p runs over
    the other photos with a's label, n over photos with other labels. Photos that lack either are left out of
    the mean; Hermans et al. sum instead. D is the squared Euclidean distance between unit vectors and m =
    0.2, as in FaceNet (Schroff et al., CVPR 2015); Hermans et al. do not square it. Meant for comparison with
    `PDDMLoss` on the same batches.
    """

    __call__: Callable[..., Tensor]

    def __init__(self, margin: float = 0.2) -> None:
        super().__init__()
        self.margin = margin

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """The loss of a batch: embeddings (n, d) of any length, and labels (n,), equal for photos of the same
        place.

        If no photo has both a positive and a negative, the loss is a 0 that is still attached to the graph.
        Raises `ValueError` if the shapes do not match.
        """
        if labels.shape != embeddings.shape[:1]:
            raise ValueError(f"{len(embeddings)} embeddings and labels {tuple(labels.shape)} do not match")
        with torch.autocast(embeddings.device.type, enabled=False):
            rows = unit(embeddings)
            same = labels[:, None] == labels
            positive = same & ~torch.eye(len(rows), dtype=torch.bool, device=rows.device)
            usable = positive.any(dim=1) & ~same.all(dim=1)
            if not usable.any():
                return rows.sum() * 0
            squared = 2 - 2 * rows @ rows.T
            farthest = squared.masked_fill(~positive, -torch.inf)[usable].max(dim=1).values
            nearest = squared.masked_fill(same, torch.inf)[usable].min(dim=1).values
            return functional.relu(self.margin + farthest - nearest).mean()
