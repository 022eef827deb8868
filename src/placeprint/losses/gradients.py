"""Strength of the gradients of losses over the distances of positive and negative."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from placeprint.arrays import Float64
from placeprint.losses.contrastive import ContrastiveLoss
from placeprint.losses.sare import SARELoss
from placeprint.losses.triplet import TripletLoss
from placeprint.losses.tuple_loss import TupleLoss


@dataclass(frozen=True, eq=False)
class GradientPlane:
    """‖∂L/∂p‖ and ‖∂L/∂n‖, each (g, g): a row for every d_n, a column for every d_p of `distance` (g,)."""

    distance: Float64
    positive: Float64
    negative: Float64

    def to_dict(self) -> dict[str, Any]:
        return {
            "positive": np.round(self.positive, 6).tolist(),
            "negative": np.round(self.negative, 6).tolist(),
        }


def gradient_plane(loss: TupleLoss, steps: int = 48) -> GradientPlane:
    """Gradients of `loss` (reduction "sum") for unit vectors and one negative, found by autograd.

    The distances are the middles of `steps` equal parts of 0 to 2. For one negative SARE-Ind and SARE-Joint
    are the same. Raises `ValueError` for another reduction, where tuples would not be on their own.
    """
    if loss.reduction != "sum":
        raise ValueError(f"gradients of single tuples need the reduction sum, not {loss.reduction}")
    distance = (np.arange(steps) + 0.5) * 2 / steps
    to_negative, to_positive = np.meshgrid(distance, distance, indexing="ij")
    query = torch.tensor([1.0, 0.0, 0.0], dtype=torch.float64).expand(steps * steps, 3)
    positive = _at(to_positive, 1).requires_grad_()
    negative = _at(to_negative, 2).requires_grad_()
    loss(query, positive, negative[:, None]).backward()
    return GradientPlane(distance, *(_lengths(x.grad, steps) for x in (positive, negative)))


def compared_losses(
    margin: float = 0.1, threshold: float = 0.7, temperature: float = 1.0
) -> dict[str, TupleLoss]:
    """The losses that the SARE paper compares, each summed: {name: loss}."""
    return {
        "Triplet": TripletLoss(margin, reduction="sum"),
        "Contrastive": ContrastiveLoss(threshold, reduction="sum"),
        "SARE Gaussian": SARELoss("gaussian", temperature=temperature, reduction="sum"),
        "SARE Cauchy": SARELoss("cauchy", temperature=temperature, reduction="sum"),
        "SARE Exponential": SARELoss("exponential", temperature=temperature, reduction="sum"),
    }


def _at(distance: Float64, axis: int) -> torch.Tensor:
    """Unit vectors (g², 3) at these distances of (1, 0, 0), towards `axis`."""
    angle = 2 * np.arcsin(distance.ravel() / 2)
    vectors = np.zeros((len(angle), 3))
    vectors[:, 0], vectors[:, axis] = np.cos(angle), np.sin(angle)
    return torch.from_numpy(vectors)


def _lengths(gradient: torch.Tensor | None, steps: int) -> Float64:
    assert gradient is not None
    return np.asarray(torch.linalg.vector_norm(gradient, dim=1).numpy().reshape(steps, steps), np.float64)
