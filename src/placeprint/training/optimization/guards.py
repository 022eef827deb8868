"""Detecting failed training: numbers that are not finite, vectors that are all alike."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from placeprint.errors import PlaceprintError

ALIKE = 0.995


class DivergedError(PlaceprintError):
    """Training failed; the run folder still has the best network and the last good checkpoint."""


def check_step(loss: float, gradient_norm: float, vectors: Tensor, step: int) -> None:
    """Raises `DivergedError` for a loss or gradient that is not finite, and if all vectors (m, d) of a batch
    coincide: mean cosine above 0.995 between different images.
    """
    if not (math.isfinite(loss) and math.isfinite(gradient_norm)):
        raise DivergedError(
            f"at step {step} the loss is {loss:g}, the gradient {gradient_norm:g}",
            "Lower the learning rate, clip the gradient (clip_norm), or train in float32; "
            "then start again, or from the best network",
        )
    m = len(vectors)
    if m > 1:
        units = torch.nn.functional.normalize(vectors, dim=1)
        alike = (float(units.sum(dim=0).square().sum()) - m) / (m * (m - 1))
        if alike > ALIKE:
            raise DivergedError(
                f"at step {step} all photos have nearly the same vector (mean cosine {alike:.4f})",
                "Lower the learning rate, or use a loss with a margin",
            )


def check_recall(recall: float, earlier: Sequence[float], worst_drop: float) -> None:
    """Raises `DivergedError` if recall@1 (percent) is over `worst_drop` points below the best earlier."""
    if earlier and recall < max(earlier) - worst_drop:
        raise DivergedError(
            f"recall@1 on the validation photos fell from {max(earlier):.1f} to {recall:.1f} %",
            "The network has collapsed: lower the learning rate; the best network is kept",
        )
