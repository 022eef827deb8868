"""PDDM: a pairwise similarity learned together with the embedding, and its loss."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from placeprint.losses.hard_quadruplet import hard_quadruplet
from placeprint.losses.registry import LOSSES
from placeprint.networks.pooling.unit_vectors import unit

CHUNK = 2**22
"""How many numbers of one branch are held at a time while all pairs are scored."""


class PDDM(nn.Module):
    """The position-dependent deep metric: S_ij from two embeddings; higher means more alike.

    Huang, Loy & Tang, "Local Similarity-Aware Deep Feature Embedding", NIPS 2016 (arXiv 1610.08904). u = |f_i
    − f_j| and v = (f_i + f_j) / 2; u' = ReLU(W_u u + b_u) and v' likewise, each then divided by its length; c
    = ReLU(W_c [u'; v'] + b_c); S = W_s c + b_s, any real number. Symmetric in i and j.

    u and v are the paper's. The rest of the layer (normalization, sizes d → d, 2d → d and d → 1, no squashing
    of S) follows independent re-implementations; one of them also divides u and v by their lengths before the
    first layer (`pre_normalize`). Deviation: metriclearningbench applies 50 % dropout after W_u, W_v and W_c,
    before each ReLU; there is none here. Layers have torch's default initialization.
    """

    __call__: Callable[..., Tensor]

    def __init__(self, dim: int, *, pre_normalize: bool = False) -> None:
        super().__init__()
        self.pre_normalize = pre_normalize
        self.difference = nn.Linear(dim, dim)
        self.mean = nn.Linear(dim, dim)
        self.joint = nn.Linear(2 * dim, dim)
        self.score = nn.Linear(dim, 1)

    def pairs(self, a: Tensor, b: Tensor) -> Tensor:
        """Scores (n,) of row i of `a` (n, d) with row i of `b` (n, d)."""
        u, v = (a - b).abs(), (a + b) / 2
        if self.pre_normalize:
            u, v = unit(u), unit(v)
        branches = [unit(functional.relu(self.difference(u))), unit(functional.relu(self.mean(v)))]
        scores: Tensor = self.score(functional.relu(self.joint(torch.cat(branches, dim=1))))
        return scores[:, 0]

    def forward(self, embeddings: Tensor, others: Tensor | None = None) -> Tensor:
        """Scores (n, m) of all rows (n, d) with all `others` (m, d), or (n, n) among the rows themselves.

        O(n m d²) time. Without gradients, only one chunk of pairs is held at a time. To retrieve by S (the
        paper's "PDDM score" rows), sort by it, highest first.
        """
        n = len(embeddings)
        if others is None:
            rows, columns = torch.triu_indices(n, n, device=embeddings.device)
            half = self._chunked(embeddings, embeddings, rows, columns)
            scores = half.new_empty((n, n))
            scores[rows, columns] = half
            scores[columns, rows] = half
            return scores
        every = torch.arange(n * len(others), device=embeddings.device)
        # A database may be empty; nothing must be divided by its size then.
        rows, columns = every // max(len(others), 1), every % max(len(others), 1)
        return self._chunked(embeddings, others, rows, columns).reshape(n, len(others))

    def _chunked(self, a: Tensor, b: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
        size = max(1, CHUNK // a.shape[1])
        # At least one chunk, so that an empty set of pairs gives empty scores.
        starts = range(0, max(len(rows), 1), size)
        chunks = [slice(start, start + size) for start in starts]
        return torch.cat([self.pairs(a[rows[some]], b[columns[some]]) for some in chunks])


@LOSSES.register("pddm")
class PDDMLoss(nn.Module):
    """E = E_m + λ E_e over the hardest quadruplet (i, j, k, l) of a labeled batch.

    Huang, Loy & Tang, NIPS 2016: the "double-header hinge loss". With S from `PDDM` and D the squared
    Euclidean distance between unit vectors,

    E_m = max(0, α + S_ik − S_ij) + max(0, α + S_jl − S_ij)
    E_e = max(0, β + D_ij − D_ik) + max(0, β + D_ij − D_jl)

    and (i, j, k, l) from `hard_quadruplet`. The selection is the paper's. The exact hinges, the squared
    distance and α = 0.5, β = 1, λ = 0.5 (`weight`) are those of a re-implementation, metriclearningbench,
    which also trains with SGD, momentum 0.9, learning rate 1e-4 and weight decay 5e-4; the decay replaces the
    paper's penalty on the weights. `detach_metric` keeps the gradient of E_m from reaching the embedding, as
    an earlier version of that re-implementation did; in the paper and in its latest version the gradient does
    reach it.

    The learned parameters are in `metric`; pass them to the optimizer together with the network's.
    """

    __call__: Callable[..., Tensor]

    def __init__(
        self,
        dim: int,
        *,
        alpha: float = 0.5,
        beta: float = 1.0,
        weight: float = 0.5,
        detach_metric: bool = False,
        pre_normalize: bool = False,
    ) -> None:
        super().__init__()
        self.metric = PDDM(dim, pre_normalize=pre_normalize)
        self.alpha, self.beta, self.weight = alpha, beta, weight
        self.detach_metric = detach_metric

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """The loss of a batch: embeddings (n, d) of any length, and labels (n,), equal for photos of the same
        place.

        If no two rows share a label, or all do, the loss is a 0 that is still attached to the graph; sample
        at least two photos from each of at least two places.
        """
        unit_rows = unit(embeddings)
        with torch.no_grad():
            found = hard_quadruplet(self.metric(unit_rows), labels)
        if found is None:
            return unit_rows.sum() * 0
        i, j, k, l = found  # noqa: E741
        ours, theirs = unit_rows[[i, i, j]], unit_rows[[j, k, l]]
        d_ij, d_ik, d_jl = (ours - theirs).square().sum(dim=1)
        if self.detach_metric:
            ours, theirs = ours.detach(), theirs.detach()
        s_ij, s_ik, s_jl = self.metric.pairs(ours, theirs)
        relu = functional.relu
        metric = relu(self.alpha + s_ik - s_ij) + relu(self.alpha + s_jl - s_ij)
        embedding = relu(self.beta + d_ij - d_ik) + relu(self.beta + d_ij - d_jl)
        return metric + self.weight * embedding
