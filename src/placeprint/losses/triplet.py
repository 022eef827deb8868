"""The triplet ranking loss of weakly supervised place recognition."""

from math import sqrt
from typing import Self

from torch import Tensor
from torch.nn import functional

from placeprint.losses.registry import LOSSES
from placeprint.losses.tuple_loss import Reduction, TupleLoss, distances, squared_distances


@LOSSES.register("triplet")
class TripletLoss(TupleLoss):
    """Σ_n max(0, d_p² + m − d_n²), or the same with distances instead of their squares (`squared=False`).

    Equation 7 of NetVLAD (Arandjelović et al., CVPR 2016), m = 0.1 on squared distances. A negative within
    the margin violates it; the gradients are 2 (p − q) and 2 (q − n), at full strength right up to the margin
    and 0 on and beyond it. `reduction`: see `Reduction`; "active" divides by the number of violating
    negatives. With `rests`, the trainer takes no step for a batch without a violation; otherwise momentum and
    weight decay move the weights even then, as in any code that calls torch's optimizer after each batch.
    """

    def __init__(
        self,
        margin: float = 0.1,
        squared: bool = True,
        *,
        reduction: Reduction = "negatives",
        rests: bool = False,
    ) -> None:
        super().__init__(reduction)
        self.margin = margin
        self.squared = squared
        self.rests = rests

    @classmethod
    def relja(cls) -> Self:
        """The NetVLAD authors' code: squared, m = 0.1, summed and divided by the number of violating
        negatives.

        This is the scale of its gradients; the loss it prints is the mean over queries instead. A batch
        without a violating negative moves nothing, neither by momentum nor by weight decay (`rests`).
        """
        return cls(reduction="active", rests=True)

    @classmethod
    def openibl(cls) -> Self:
        """OpenIBL and pytorch-NetVlad: distances, m = √0.1 = 0.316, the mean over negatives.

        Deviation: `TripletMarginLoss` adds 1e-6 to every difference between two vectors; this loss does not.
        """
        return cls(sqrt(0.1), squared=False)

    @classmethod
    def benchmark(cls) -> Self:
        """The deep visual geo-localization benchmark: distances, m = 0.1, the mean over negatives.

        Deviation: as in `openibl`.
        """
        return cls(0.1, squared=False)

    def terms(self, query: Tensor, positive: Tensor, negatives: Tensor, real: Tensor) -> Tensor:
        """See `TupleLoss.terms`; one term per negative."""
        measure = squared_distances if self.squared else distances
        near, far = measure(query, positive, negatives)
        return functional.relu(near + self.margin - far).masked_fill(~real, 0)

    def extra_repr(self) -> str:
        """The settings shown in the module's repr."""
        rests = ", rests=True" if self.rests else ""
        return f"margin={self.margin:g}, squared={self.squared}, reduction={self.reduction}{rests}"
