"""One descriptor from several scales of an image."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional

SCALES = (1.0, 2**-0.5, 0.5)


def multi_scale(
    describe: Callable[[Tensor], Tensor],
    images: Tensor,
    scales: Sequence[float] = SCALES,
    power: float = 1.0,
    divisor: int = 1,
) -> Tensor:
    """v = (mean over scales s of d_s^p)^(1/p), divided by its length, where d_s is the result of `describe`
    at s.

    Radenović et al., TPAMI 2019: scales 1, 1/√2 and 1/2, and for GeM the power p of its pooling; p = 1, the
    plain mean, is for descriptors that may be negative. Input: preprocessed images (n, 3, height, width),
    bilinearly resized; `describe` returns unit vectors (n, dim). Deviation: sides are rounded to the nearest
    multiple of `divisor`, at least one, where the authors' code truncates. Raises `ValueError` for a negative
    number with p other than 1.
    """
    height, width = images.shape[2:]
    vectors = []
    for scale in scales:
        size = [max(round(side * scale / divisor), 1) * divisor for side in (height, width)]
        same = size == [height, width]
        vectors.append(describe(images if same else functional.interpolate(images, size, mode="bilinear")))
    stack = torch.stack(vectors)
    if power == 1:
        return functional.normalize(stack.mean(dim=0), dim=1)
    if bool((stack < 0).any()):
        raise ValueError(f"a power mean with p = {power} needs descriptors without negative numbers")
    return functional.normalize(stack.pow(power).mean(dim=0).pow(1 / power), dim=1)
