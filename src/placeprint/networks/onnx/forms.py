"""Layers in a form that lets an ONNX graph accept photos of any size.

The original layers use Python numbers that depend on the size of the photo; a graph would freeze those of the
photo it was made with. These forms compute the same from the shapes inside the graph.
"""

from copy import deepcopy

import torch
from torch import Tensor, nn

from placeprint.networks.backbones.efficientnet_lite import SameConv2d
from placeprint.networks.pooling import RMAC, SALAD, ConvAP, MixVPR
from placeprint.networks.pooling.boq import BoQBlock
from placeprint.networks.pooling.unit_vectors import unit, wide

FIXED = {RMAC: "R-MAC has other regions for each size", MixVPR: "MixVPR is made for one size"}
"""Layers that a single graph cannot compute for all sizes, and why."""


class SameConvolution(SameConv2d):
    """Uses ONNX's own `auto_pad`, which is also faster than a padded copy."""

    def forward(self, x: Tensor) -> Tensor:
        """See `SameConv2d.forward`."""
        kernel, stride = self.kernel_size[0], self.stride[0]
        sides = [(side + stride - 1) // stride for side in x.shape[2:]]
        return torch.onnx.ops.symbolic(
            "Conv",
            (x, self.weight),
            {
                "auto_pad": "SAME_UPPER",
                "kernel_shape": [kernel, kernel],
                "strides": [stride, stride],
                "group": self.groups,
            },
            dtype=x.dtype,
            shape=(x.shape[0], self.out_channels, *sides),
        )


class AdaptiveAverages(ConvAP):
    """Cell i of g averages the positions ⌊i L / g⌋ ... ⌈(i + 1) L / g⌉ − 1, by two matrix products."""

    def forward(self, features: Tensor) -> Tensor:
        """See `ConvAP`."""
        x = self.channel_pool(features)
        rows, columns = (_cells(cells, side, x) for cells, side in zip(self.grid, x.shape[2:], strict=True))
        return unit((rows @ x @ columns.T).flatten(1))


class TracedSALAD(SALAD):
    """Keeps the masses of `transport` as tensors."""

    def forward(self, features: Tensor, token: Tensor | None = None) -> Tensor:
        """See `SALAD.forward`."""
        if token is None:
            token = features.mean(dim=(2, 3))
        local = wide(self.cluster_features(features)).flatten(2)
        assignment = _transport(wide(self.score(features)).flatten(2), self.dust_bin)[:, :-1]
        clusters = unit(local @ assignment.transpose(1, 2))
        return unit(torch.cat([unit(self.token_features(token)), clusters.flatten(1)], dim=1))


class TracedBoQBlock(BoQBlock):
    """Takes the number of photos from the shape: Python's `len` would make it a constant."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """See `BoQBlock.forward`."""
        x = self.encoder(x)
        q = self.queries
        q = self.norm_q(q + self.self_attn(q, q, q, need_weights=False)[0])
        answers = self.cross_attn(q.expand(x.shape[0], -1, -1), x, x, need_weights=False)[0]
        return x, self.norm_out(answers)


FORMS: dict[type[nn.Module], type[nn.Module]] = {
    SameConv2d: SameConvolution,
    ConvAP: AdaptiveAverages,
    SALAD: TracedSALAD,
    BoQBlock: TracedBoQBlock,
}


def onnx_form(network: nn.Module) -> nn.Module:
    """A copy on the CPU, in float32 and evaluation mode, with the layers in `FORMS` replaced."""
    copy = deepcopy(network).cpu().float().eval()
    for module in copy.modules():
        module.__class__ = FORMS.get(type(module), type(module))
    return copy


def why_fixed(network: nn.Module) -> str:
    """Why a graph of the network accepts only one photo size; empty if it may accept all."""
    reasons = (FIXED.get(type(module), "") for module in network.modules())
    return next(filter(None, reasons), "")


def _cells(cells: int, side: int, like: Tensor) -> Tensor:
    """(cells, side): 1 / size of the cell where the position is inside it, else 0."""
    cell = torch.arange(cells, device=like.device)[:, None]
    position = torch.arange(side, device=like.device)
    first, last = cell * side // cells, ((cell + 1) * side + cells - 1) // cells
    inside = ((position >= first) & (position < last)).to(like.dtype)
    return inside / inside.sum(dim=1, keepdim=True)


def _transport(scores: Tensor, dust_bin: Tensor, iterations: int = 3) -> Tensor:
    n, clusters, count = scores.shape
    full = torch.cat([scores, dust_bin.to(scores.dtype).expand(n, 1, count)], dim=1)
    positions = torch.ones_like(scores[0, :1]).sum(dim=1)
    mass = (positions / (clusters + 1)).clamp(max=1)
    rows = torch.cat([mass.log().expand(clusters), (positions - clusters * mass).log()])[:, None]
    potential = full
    for _ in range(iterations):
        potential = potential + rows - torch.logsumexp(potential, dim=2, keepdim=True)
        potential = potential - torch.logsumexp(potential, dim=1, keepdim=True)
    return potential.exp()
