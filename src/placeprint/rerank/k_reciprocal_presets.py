"""Settings of k-reciprocal re-ranking: the paper's, and those of the code bases with published numbers."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from placeprint.arrays import Float32

TINY = np.finfo(np.float32).tiny


@dataclass(frozen=True)
class KReciprocal:
    """Settings of Zhong et al., CVPR 2017; the defaults are the paper's.

    `k1`: how many nearest photos may be mutual neighbors; `k2`: over how many nearest photos, including
    itself, neighborhoods are averaged (1: none); `distance_weight`: λ of equation 12. `more_than`: a
    neighbor's own neighborhood is added if more than two thirds of it are shared, otherwise (as R* is
    defined) if at least two thirds are. `power`: of the squared distance. Raises `ValueError` for k1 or k2
    below 1.
    """

    k1: int = 20
    k2: int = 6
    distance_weight: float = 0.3
    more_than: bool = False
    power: Literal[1, 2] = 1

    def __post_init__(self) -> None:
        if self.k1 < 1 or self.k2 < 1:
            raise ValueError(f"k1 = {self.k1} and k2 = {self.k2} must be at least 1")

    def relative(self, squared: Float32, farthest: Float32) -> Float32:
        """d: squared distances of photos divided by the largest one of each, to the `power`; 0 to 1."""
        scale: Float32 = np.maximum(farthest, TINY)
        divided = squared / scale
        return divided if self.power == 1 else np.square(divided)


PRESETS = {
    "paper": KReciprocal(),
    "zhong-code": KReciprocal(more_than=True),
    "openibl": KReciprocal(k2=1, distance_weight=0.1, more_than=True, power=2),
}
"""Settings by name.

- "paper": the equations as printed.
- "zhong-code": the code published by the paper's authors (person-re-ranking, in MATLAB and Python): more
  than two thirds. Use it to compare with tables of re-identification, which come from that code.
- "openibl": the code of SFRS (Ge et al., ECCV 2020), used to train its published networks. It is the former
  with k2 = 1 and λ = 0.1, and squares the distances it is given, which are already squared.
"""
