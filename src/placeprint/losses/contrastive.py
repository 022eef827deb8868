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

    As the SARE paper compares it and its authors train it: τ = 0.7. The gradient of p is p − q, wherever
    the negatives are; that of n is (1 − τ/d_n) (n − q) where d_n < τ, else 0. At d_n = 0, where the loss
    has a cusp of height τ²/2 and no direction leads away, it is 0. `reduction`: see `Reduction`; "active"
    divides by the positives plus the negatives nearer than τ.
    """

    def __init__(self, threshold: float = 0.7, *, reduction: Reduction = "negatives") -> None:
        super().__init__(reduction)
        self.threshold = threshold

    @classmethod
    def deepibl(cls) -> Self:
        """The SARE authors' comparison: τ = 0.7, divided by one a tuple plus the negatives within τ."""
        return cls(reduction="active")

    def terms(self, query: Tensor, positive: Tensor, negatives: Tensor, real: Tensor) -> Tensor:
        near = squared_distances(query, positive, negatives)[0] / 2
        far = functional.relu(self.threshold - distances(query, positive, negatives)[1]).square() / 2
        attraction = near.masked_fill(~real.any(dim=1, keepdim=True), 0)
        return torch.cat([attraction, far.masked_fill(~real, 0)], dim=1)

    def extra_repr(self) -> str:
        return f"threshold={self.threshold:g}, reduction={self.reduction}"
