"""BoQ: a bag of learned queries that attend to the map."""

import torch
from torch import Tensor, nn

from placeprint.networks.pooling.pooling import POOLINGS, Pooling
from placeprint.networks.pooling.unit_vectors import unit

HEAD_CHANNELS = 64


class BoQBlock(nn.Module):
    """Positions (n, L, C) to encoded positions (n, L, C) and answers to the queries (n, Q, C).

    X ← Encoder(X), a transformer layer; Q ← LayerNorm(Q + SelfAttention(Q));
    O = LayerNorm(CrossAttention(Q, X, X)), without a shortcut.
    """

    def __init__(self, channels: int, queries: int) -> None:
        super().__init__()
        heads = max(channels // HEAD_CHANNELS, 1)
        self.encoder = nn.TransformerEncoderLayer(
            channels, heads, dim_feedforward=4 * channels, dropout=0.0, batch_first=True
        )
        self.queries = nn.Parameter(torch.randn(1, queries, channels))
        self.self_attn = nn.MultiheadAttention(channels, heads, batch_first=True)
        self.norm_q = nn.LayerNorm(channels)
        self.cross_attn = nn.MultiheadAttention(channels, heads, batch_first=True)
        self.norm_out = nn.LayerNorm(channels)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Encoded positions (n, L, C) and answers (n, Q, C)."""
        x = self.encoder(x)
        q = self.queries
        q = self.norm_q(q + self.self_attn(q, q, q, need_weights=False)[0])
        answers = self.cross_attn(q.expand(len(x), -1, -1), x, x, need_weights=False)[0]
        return x, self.norm_out(answers)


@POOLINGS.register("boq")
class BoQ(Pooling):
    """f = W · [O¹, …, Oᵇ] along the queries, then f / ‖f‖ (Ali-bey et al., CVPR 2024).

    A 3 × 3 convolution to C channels and a LayerNorm make the positions for the first block; each block
    encodes the positions of the previous one. W maps all queries of all blocks to `out_rows`. Index: channel
    · out_rows + row. Published: 2 blocks, 64 queries, 64 channels per head, 32 output rows; ResNet50 (1024
    channels) with C = 512 gives 16384 numbers, DINOv2-B (768) with C = 384 gives 12288. State names are those
    of the published weights. The queries do not depend on the photo, so they attend to each other only once
    per batch.
    """

    def __init__(
        self,
        channels: int = 1024,
        projected: int = 512,
        *,
        queries: int = 64,
        blocks: int = 2,
        out_rows: int = 32,
    ) -> None:
        super().__init__()
        self.proj_c = nn.Conv2d(channels, projected, kernel_size=3, padding=1)
        self.norm_input = nn.LayerNorm(projected)
        self.boqs = nn.ModuleList(BoQBlock(projected, queries) for _ in range(blocks))
        self.fc = nn.Linear(blocks * queries, out_rows)
        self.out_dim = projected * out_rows

    def forward(self, features: Tensor) -> Tensor:
        """See `Pooling`."""
        x = self.norm_input(self.proj_c(features).flatten(2).transpose(1, 2))
        answers = []
        for block in self.boqs:
            x, answer = block(x)
            answers.append(answer)
        return unit(self.fc(torch.cat(answers, dim=1).transpose(1, 2)).flatten(1))
