"""Stochastic Attraction-Repulsion Embedding (Liu, Li and Dai, ICCV 2019)."""

from typing import Literal, Self, get_args

import torch
from torch import Tensor
from torch.nn import functional

from placeprint.losses.registry import LOSSES
from placeprint.losses.tuple_loss import Reduction, TupleLoss, distances, squared_distances

Kernel = Literal["gaussian", "cauchy", "exponential"]
Mode = Literal["independent", "joint"]


@LOSSES.register("sare")
class SARELoss(TupleLoss):
    """L = −log c: the probability that the positive is the match, with c = k(d_p) / (k(d_p) + Σ_n k(d_n)).

    This is the Kullback-Leibler divergence between the truth (the positive matches, the negatives do not) and
    the probability given by kernel k. "joint" puts all negatives of a tuple into one c; "independent" uses
    one c per negative and sums the losses. With one negative the two coincide.

    Kernel, with temperature T (the paper: T = 1; a larger T is softer):

    | kernel      | k(d)             | gradient of p, independent, per negative |
    | ----------- | ---------------- | ---------------------------------------- |
    | gaussian    | exp(−d² / T)     | 2 (1 − c) (p − q) / T                    |
    | cauchy      | 1 / (1 + d² / T) | 2 (1 − c) (p − q) / (T + d_p²)           |
    | exponential | exp(−d / T)      | (1 − c) (p − q) / (T d_p)                |

    The gradient of n has (q − n) and d_n in their place; in "joint", c is the joint one and, for a negative,
    1 − c becomes k(d_n) / (k(d_p) + Σ k); the gradient of q is minus the sum of all the others.

    On unit vectors d_p² − d_n² = 2 (q·n − q·p), so a Gaussian of temperature T is the cross-entropy of a
    softmax over dot products at temperature τ = T / 2: the paper's T = 1 is τ = 0.5, and τ = 0.07 is T =
    0.14. Since d² ≤ 4 there, with T = 1 c stays below 0.982 (gaussian), 0.833 (cauchy) and 0.881
    (exponential): on unit vectors the loss never reaches 0.

    Computed from differences of log k, so no negative is too far away: −log c = −logsigmoid(−x), where x =
    log k(d_n) − log k(d_p), or its log-sum-exp in "joint". `reduction`: see `Reduction`. Raises `ValueError`
    for a temperature that is not above 0.
    """

    def __init__(
        self,
        kernel: Kernel = "gaussian",
        mode: Mode = "independent",
        *,
        temperature: float = 1.0,
        reduction: Reduction = "negatives",
    ) -> None:
        super().__init__(reduction)
        if kernel not in get_args(Kernel) or mode not in get_args(Mode):
            raise ValueError(f"SARE has no kernel {kernel!r} with mode {mode!r}")
        if not temperature > 0:
            raise ValueError(f"temperature {temperature} is not above 0")
        self.kernel = kernel
        self.mode = mode
        self.temperature = temperature

    @classmethod
    def deepibl(cls, kernel: Kernel = "gaussian", mode: Mode = "independent") -> Self:
        """The authors' MATLAB code: all gradients of a batch are summed and divided by the number of its
        negatives.

        Both modes use this divisor (4 queries with 10 negatives: 40), so the joint loss is 1/10 of the mean
        over tuples. Deviation: their joint Gaussian differentiates dot products as if the norms were fixed;
        placeprint's gradient differs by a component along each vector, which L2 normalization removes.
        """
        return cls(kernel, mode)

    @classmethod
    def openibl(cls, mode: Mode = "independent", tau: float = 0.07) -> Self:
        """OpenIBL: a Gaussian; the mean over negatives (independent) or over tuples (joint).

        `tau` divides dot products of unit vectors: 0.07 in OpenIBL's SFRS trainer. Its SARE baseline uses
        squared distances, which is tau 0.5. For vectors that are not unit vectors, the result differs from
        OpenIBL's dot product.
        """
        reduction: Reduction = "negatives" if mode == "independent" else "tuples"
        return cls("gaussian", mode, temperature=2 * tau, reduction=reduction)

    @classmethod
    def benchmark(cls, mode: Mode = "independent") -> Self:
        """The deep visual geo-localization benchmark (Berton et al., CVPR 2022): squared distances.

        Both modes are summed and divided by the number of negatives in the batch: `deepibl` with a Gaussian.
        """
        return cls("gaussian", mode)

    def terms(self, query: Tensor, positive: Tensor, negatives: Tensor, real: Tensor) -> Tensor:
        """See `TupleLoss.terms`; "joint" has one term per tuple, "independent" one per negative."""
        x = self._log_ratio(query, positive, negatives)
        if self.mode == "joint":
            # The lowest finite number: a log-sum-exp of −inf alone has no gradient.
            least = torch.finfo(x.dtype).min
            x = x.masked_fill(~real, least).clamp(min=least).logsumexp(dim=1, keepdim=True)
            return -functional.logsigmoid(-x)
        return (-functional.logsigmoid(-x)).masked_fill(~real, 0)

    def extra_repr(self) -> str:
        """The settings shown in the module's repr."""
        return f"{self.kernel}, {self.mode}, temperature={self.temperature:g}, reduction={self.reduction}"

    def _log_ratio(self, query: Tensor, positive: Tensor, negatives: Tensor) -> Tensor:
        """log k(d_n) − log k(d_p), (b, n)."""
        if self.kernel == "exponential":
            near, far = distances(query, positive, negatives)
            return (near - far) / self.temperature
        near, far = squared_distances(query, positive, negatives)
        if self.kernel == "gaussian":
            return (near - far) / self.temperature
        return torch.log1p(near / self.temperature) - torch.log1p(far / self.temperature)
