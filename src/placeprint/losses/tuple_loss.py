"""What all losses over tuples of a query, its positive and n negatives share: masks and reductions."""

from abc import ABC, abstractmethod
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from placeprint.networks.pooling.unit_vectors import wide

Reduction = Literal["sum", "tuples", "negatives", "active"]
"""What the sum of all terms of a batch is divided by:

"sum": nothing. "tuples": the number of tuples with a negative. "negatives": the number of real negatives in
the batch. "active": the number of terms above 0, those with a gradient. If the divisor is 0, the loss is 0.
"""


class TupleLoss(nn.Module, ABC):
    """`loss(query (b, d), positive (b, d), negatives (b, n, d), mask (b, n)) -> scalar`.

    Where `mask` is False there is no negative: whatever the vector holds, it adds neither value nor gradient.
    Without `mask` all negatives are real. A tuple without a negative adds nothing and does not count in the
    divisors, so padding a batch never changes its loss.

    Half precision is computed in float32, even under autocast; float64 stays float64. Vectors need not have
    unit length. Distances are sums of squared differences, so nearby vectors do not suffer cancellation; at
    distance 0 the gradient is that of d² (0), or for d itself the subgradient 0. Raises `ValueError` if the
    shapes do not match.
    """

    def __init__(self, reduction: Reduction) -> None:
        super().__init__()
        if reduction not in get_args(Reduction):
            raise ValueError(f"reduction {reduction!r} is not one of {', '.join(get_args(Reduction))}")
        self.reduction = reduction

    def forward(
        self, query: Tensor, positive: Tensor, negatives: Tensor, mask: Tensor | None = None
    ) -> Tensor:
        """The reduced loss of the batch, a scalar."""
        real = real_negatives(query, positive, negatives, mask)
        with torch.autocast(query.device.type, enabled=False):
            # Zero the padding before the distances: garbage could overflow, and 0 · inf has no gradient.
            kept = wide(negatives).masked_fill(~real[..., None], 0)
            terms = self.terms(wide(query), wide(positive), kept, real)
            return terms.sum() / self._divisor(terms, real)

    @abstractmethod
    def terms(self, query: Tensor, positive: Tensor, negatives: Tensor, real: Tensor) -> Tensor:
        """All terms (b, any), each at least 0; exactly 0 where `real` (b, n) is False and for tuples without
        a negative.
        """

    def _divisor(self, terms: Tensor, real: Tensor) -> Tensor:
        if self.reduction == "tuples":
            divisor = real.any(dim=1).sum()
        elif self.reduction == "negatives":
            divisor = real.sum()
        elif self.reduction == "active":
            divisor = torch.count_nonzero(terms)
        else:
            divisor = torch.ones((), dtype=torch.int64, device=terms.device)
        return divisor.clamp(min=1)


def real_negatives(query: Tensor, positive: Tensor, negatives: Tensor, mask: Tensor | None) -> Tensor:
    """`mask` (b, n) on the device of `query`, by default all True. Raises `ValueError` if the shapes do not
    match.
    """
    shapes = f"query {_of(query)}, positive {_of(positive)}, negatives {_of(negatives)}"
    fit = query.ndim == 2 and negatives.ndim == 3
    if not (fit and query.shape == positive.shape == (len(negatives), negatives.shape[2])):
        raise ValueError(f"{shapes} are not (b, d), (b, d) and (b, n, d)")
    if mask is None:
        return torch.ones(negatives.shape[:2], dtype=torch.bool, device=query.device)
    if mask.shape != negatives.shape[:2] or mask.dtype != torch.bool:
        raise ValueError(f"{shapes}: mask {_of(mask)} of {mask.dtype} are not booleans (b, n)")
    return mask.to(query.device)


def squared_distances(query: Tensor, positive: Tensor, negatives: Tensor) -> tuple[Tensor, Tensor]:
    """d_p² (b, 1) = ‖q − p‖² and d_n² (b, n) = ‖q − n‖²."""
    to_positive = (query - positive).square().sum(dim=1, keepdim=True)
    return to_positive, (query[:, None] - negatives).square().sum(dim=2)


def distances(query: Tensor, positive: Tensor, negatives: Tensor) -> tuple[Tensor, Tensor]:
    """d_p (b, 1) and d_n (b, n); the gradient at distance 0 is 0."""
    to_positive: Tensor = torch.linalg.vector_norm(query - positive, dim=1, keepdim=True)
    return to_positive, torch.linalg.vector_norm(query[:, None] - negatives, dim=2)


def _of(tensor: Tensor) -> tuple[int, ...]:
    return tuple(tensor.shape)
