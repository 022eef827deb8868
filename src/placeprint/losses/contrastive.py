"""The contrastive loss (Hadsell, Chopra and LeCun, CVPR 2006) over tuples."""

from typing import Self

import torch
from torch import Tensor
from torch.nn import functional

from placeprint.losses.registry import LOSSES
from placeprint.losses.tuple_loss import Reduction, TupleLoss, distances, squared_distances


@LOSSES.register("contrastive")
class ContrastiveLoss(TupleLoss):
    """½ d_p² + ½ Σ_n max(0, τ − d_n)².

    τ = 0.7, as in the SARE paper's comparison and its authors' code. The gradient of p is p − q, wherever the
    negatives are; the gradient of n is (1 − τ/d_n) (n − q) where d_n < τ, else 0. At d_n = 0, where the loss
    has a cusp of height τ²/2 and no direction is preferred, the gradient is 0. `reduction`: see `Reduction`;
    "active" divides by the number of positives plus the number of negatives nearer than τ.
    """

    def __init__(self, threshold: float = 0.7, *, reduction: Reduction = "negatives") -> None:
        super().__init__(reduction)
        self.threshold = threshold

    @classmethod
    def deepibl(cls) -> Self:
        """As in the SARE authors' comparison: τ = 0.7, divided by the tuples plus the negatives within τ."""
        return cls(reduction="active")

    def terms(self, query: Tensor, positive: Tensor, negatives: Tensor, real: Tensor) -> Tensor:
        """See `TupleLoss.terms`; the first column is the positive's term."""
        near = squared_distances(query, positive, negatives)[0] / 2
        far = functional.relu(self.threshold - distances(query, positive, negatives)[1]).square() / 2
        attraction = near.masked_fill(~real.any(dim=1, keepdim=True), 0)
        return torch.cat([attraction, far.masked_fill(~real, 0)], dim=1)

    def extra_repr(self) -> str:
        """The settings shown in the module's repr."""
        return f"threshold={self.threshold:g}, reduction={self.reduction}"
