"""SALAD: aggregation by optimal transport."""

import math

import torch
from torch import Tensor, nn

from placeprint.networks.pooling.pooling import POOLINGS, Pooling
from placeprint.networks.pooling.unit_vectors import unit, wide

HIDDEN = 512


def transport(scores: Tensor, dust_bin: Tensor, iterations: int = 3) -> Tensor:
    """Assignment of L positions to m clusters and a dustbin: scores (n, m, L) to (n, m + 1, L).

    P = exp(S + u + v), where S holds the scores and a last row of `dust_bin`. Sinkhorn's algorithm in log
    space alternately sets u and v so that the rows sum to μ and the columns to 1; columns come last and are
    exact. μ is 1 for a cluster and L − m for the dustbin (Izquierdo & Civera, CVPR 2024). Deviation: with m
    positions or fewer, where L − m is not a valid mass, all rows get L / (m + 1).
    """
    scores = wide(scores)
    n, clusters, positions = scores.shape
    full = torch.cat([scores, dust_bin.to(scores.dtype).expand(n, 1, positions)], dim=1)
    mass = min(1.0, positions / (clusters + 1))
    rows = scores.new_full((clusters + 1, 1), math.log(mass))
    rows[-1] = math.log(positions - clusters * mass)
    potential = full
    for _ in range(iterations):
        potential = potential + rows - torch.logsumexp(potential, dim=2, keepdim=True)
        potential = potential - torch.logsumexp(potential, dim=1, keepdim=True)
    return potential.exp()


@POOLINGS.register("salad")
class SALAD(Pooling):
    """The global token and V_j = Σ_i P_ij f_i of each cluster, all divided by their lengths.

    Izquierdo & Civera, CVPR 2024. Perceptrons with 512 hidden units compute the scores S and the features f
    of each position, and the projection g of the token; P is `transport` of S without the dustbin. The vector
    is [g / ‖g‖, V / ‖V_j‖] / ‖·‖, with V flattened as d·m + j. The paper has DINOv2-B (768 channels), 64
    clusters × 128 and a token of 256 (8448 numbers), dropout 0.3, 3 iterations. State names are those of the
    published weights.

    `token` (n, D) is the class token of a transformer. Deviation: without one, the mean of the positions is
    used instead, so that convolutional maps can be pooled too.
    """

    def __init__(
        self,
        channels: int = 768,
        clusters: int = 64,
        *,
        cluster_dim: int = 128,
        token_dim: int = 256,
        dropout: float = 0.3,
    ) -> None:
        super().__init__()

        def perceptron(out: int) -> nn.Sequential:
            return nn.Sequential(
                nn.Conv2d(channels, HIDDEN, 1), nn.Dropout(dropout), nn.ReLU(), nn.Conv2d(HIDDEN, out, 1)
            )

        self.token_features = nn.Sequential(
            nn.Linear(channels, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, token_dim)
        )
        self.cluster_features = perceptron(cluster_dim)
        self.score = perceptron(clusters)
        self.dust_bin = nn.Parameter(torch.tensor(1.0))
        self.out_dim = token_dim + clusters * cluster_dim

    def forward(self, features: Tensor, token: Tensor | None = None) -> Tensor:
        """Unit vectors (n, out_dim) of a map and the class token (n, D), if there is one."""
        if token is None:
            token = features.mean(dim=(2, 3))
        local = wide(self.cluster_features(features)).flatten(2)
        assignment = transport(self.score(features).flatten(2), self.dust_bin)[:, :-1]
        clusters = unit(local @ assignment.transpose(1, 2))
        return unit(torch.cat([unit(self.token_features(token)), clusters.flatten(1)], dim=1))
