"""The triplet ranking loss of weakly supervised place recognition."""

from math import sqrt
from typing import Self

from torch import Tensor
from torch.nn import functional

from placeprint.losses.registry import LOSSES
from placeprint.losses.tuple_loss import Reduction, TupleLoss, distances, squared_distances


@LOSSES.register("triplet")
class TripletLoss(TupleLoss):
    """Σ_n max(0, d_p² + m − d_n²), or with distances in place of their squares (`squared=False`).

    Equation 7 of NetVLAD (Arandjelović et al., CVPR 2016), m = 0.1 on squared distances. A negative
    within the margin violates it; its gradients are 2 (p − q) and 2 (q − n), of full strength right up to
    the margin and 0 beyond it, also exactly on it. `reduction`: see `Reduction`; "active" divides by the
    violating negatives. `rests`: the trainer takes no step where none of a batch violates; else momentum and
    weight decay move the weights there too, as in any code that calls torch's optimizer after each batch.
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
        """The authors' code of NetVLAD: squared, m = 0.1, summed, divided by the violating negatives.

        That is the scale of its gradients. The loss that it prints is the mean over queries instead. A batch
        without a violating negative moves nothing, neither by momentum nor by weight decay (`rests`).
        """
        return cls(reduction="active", rests=True)

    @classmethod
    def openibl(cls) -> Self:
        """OpenIBL and pytorch-NetVlad: distances, m = √0.1 = 0.316, the mean over negatives.

        Deviation: no 1e-6 is added to every difference of two vectors, as `TripletMarginLoss` does.
        """
        return cls(sqrt(0.1), squared=False)

    @classmethod
    def benchmark(cls) -> Self:
        """The deep visual geo-localization benchmark: distances, m = 0.1, the mean over negatives.

        Deviation: as in `openibl`.
        """
        return cls(0.1, squared=False)

    def terms(self, query: Tensor, positive: Tensor, negatives: Tensor, real: Tensor) -> Tensor:
        measure = squared_distances if self.squared else distances
        near, far = measure(query, positive, negatives)
        return functional.relu(near + self.margin - far).masked_fill(~real, 0)

    def extra_repr(self) -> str:
        rests = ", rests=True" if self.rests else ""
        return f"margin={self.margin:g}, squared={self.squared}, reduction={self.reduction}{rests}"
