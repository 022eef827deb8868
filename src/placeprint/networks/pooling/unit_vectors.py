"""Division of vectors by their Euclidean length, safe for zero vectors and for half precision."""

import torch
from torch import Tensor

EPSILON = 1e-12


def wide(x: Tensor) -> Tensor:
    """Half and bfloat16 as float32; every other tensor as it is."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


def inverse_lengths(x: Tensor, dim: int = 1) -> Tensor:
    """1 / max(‖x‖, 1e-12) along `dim`, which is kept; 0 for a zero vector.

    The 0 makes the gradient at a zero vector 0, where `torch.nn.functional.normalize` has 1e12.
    """
    lengths: Tensor = torch.linalg.vector_norm(x, dim=dim, keepdim=True)
    return (1 / lengths.clamp(min=EPSILON)).masked_fill(lengths == 0, 0)


def unit(x: Tensor, dim: int = 1) -> Tensor:
    """x / ‖x‖ along `dim`, in float32 at least; a zero vector stays."""
    x = wide(x)
    return x * inverse_lengths(x, dim)
