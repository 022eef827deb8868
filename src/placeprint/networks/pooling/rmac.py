"""R-MAC: regional maximum activations of convolutions."""

from fractions import Fraction
from typing import NamedTuple

import torch
from torch import Tensor

from placeprint.networks.pooling.pooling import POOLINGS, Pooling
from placeprint.networks.pooling.unit_vectors import unit, wide

OVERLAP = Fraction(2, 5)


class Region(NamedTuple):
    """A square of side `side`, given by its first row and column."""

    top: int
    left: int
    side: int


def rmac_regions(rows: int, columns: int, levels: int = 3) -> list[Region]:
    """The squares of R-MAC (Tolias, Sicre & Jégou, ICLR 2016) on a map of rows × columns.

    Level l = 1..`levels` has squares of side ⌊2 min(rows, columns) / (l + 1)⌋: l along the short side and l +
    m − 1 along the long one, evenly spread, the i-th of n at ⌊i (length − side) / (n − 1)⌋. m = 2..7 is
    chosen so that the overlap of neighbors at level 1 is closest to 40 %; a square map has m = 1. Levels
    whose squares would have side 0 are left out. As in the authors' code, the whole map is not a region of
    its own; some libraries add it.
    """
    short, long = sorted((rows, columns))
    extra = 0
    if long > short:
        overlaps = {m: 1 - Fraction(long - short, (m - 1) * short) for m in range(2, 8)}
        extra = min(overlaps, key=lambda m: abs(overlaps[m] - OVERLAP)) - 1

    def starts(length: int, side: int, count: int) -> list[int]:
        return [i * (length - side) // max(count - 1, 1) for i in range(count)]

    regions = []
    for level in range(1, levels + 1):
        side = 2 * short // (level + 1)
        if side:
            tops = starts(rows, side, level + extra * (rows > columns))
            lefts = starts(columns, side, level + extra * (columns > rows))
            regions += [Region(top, left, side) for top in tops for left in lefts]
    return regions


@POOLINGS.register("rmac")
class RMAC(Pooling):
    """f = Σ_R g(f_R) / ‖·‖, with f_R = MAC of region R (Tolias, Sicre & Jégou, ICLR 2016).

    g divides by the length; with PCA whitening it then applies W (· − m) and divides again. The paper has 3
    levels and whitens. `mean` m (D,) and `matrix` W (d, D) are buffers, learned elsewhere, for instance by
    `placeprint.whitening.whitening`. Raises `ValueError` if only one is given.
    """

    mean: Tensor | None
    matrix: Tensor | None

    def __init__(
        self, channels: int, levels: int = 3, mean: Tensor | None = None, matrix: Tensor | None = None
    ) -> None:
        super().__init__()
        if (mean is None) != (matrix is None):
            raise ValueError("whitening needs both a mean and a matrix")
        self.levels = levels
        self.register_buffer("mean", mean)
        self.register_buffer("matrix", matrix)
        self.out_dim = channels if matrix is None else len(matrix)

    def forward(self, features: Tensor) -> Tensor:
        """See `Pooling`."""
        features = wide(features)
        rows, columns = features.shape[-2:]
        squares = [
            features[:, :, top : top + side, left : left + side].flatten(2).amax(dim=2)
            for top, left, side in rmac_regions(rows, columns, self.levels)
        ]
        vectors = unit(torch.stack(squares, dim=1), dim=2)
        if self.mean is not None and self.matrix is not None:
            mean, matrix = self.mean.to(features.dtype), self.matrix.to(features.dtype)
            vectors = unit((vectors - mean) @ matrix.T, dim=2)
        return unit(vectors.sum(dim=1))
