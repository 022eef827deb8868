"""Dividing vectors by their Euclidean length, safe for zero vectors and for half precision."""

import torch
from torch import Tensor

EPSILON = 1e-12


def wide(x: Tensor) -> Tensor:
    """Convert half and bfloat16 to float32; other tensors are returned as they are."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


def inverse_lengths(x: Tensor, dim: int = 1) -> Tensor:
    """1 / max(‖x‖, 1e-12) along `dim`, which is kept; 0 for a zero vector.

    The 0 makes the gradient at a zero vector 0, where that of `torch.nn.functional.normalize` is 1e12.
    """
    lengths: Tensor = torch.linalg.vector_norm(x, dim=dim, keepdim=True)
    return (1 / lengths.clamp(min=EPSILON)).masked_fill(lengths == 0, 0)


def unit(x: Tensor, dim: int = 1) -> Tensor:
    """x / ‖x‖ along `dim`, in float32 or wider; a zero vector stays zero."""
    x = wide(x)
    return x * inverse_lengths(x, dim)
