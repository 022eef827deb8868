"""Gradient magnitudes of losses as a function of the distances to the positive and the negative."""

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
    """‖∂L/∂p‖ and ‖∂L/∂n‖, each (g, g): rows run over d_n, columns over d_p, both with the values `distance`
    (g,).
    """

    distance: Float64
    positive: Float64
    negative: Float64

    def to_dict(self) -> dict[str, Any]:
        """The values as JSON-ready lists, rounded to six decimals."""
        return {
            "positive": np.round(self.positive, 6).tolist(),
            "negative": np.round(self.negative, 6).tolist(),
        }


def gradient_plane(loss: TupleLoss, steps: int = 48) -> GradientPlane:
    """Gradients of `loss` (reduction "sum") for unit vectors and one negative, computed by autograd.

    The distances are the midpoints of `steps` equal intervals of [0, 2]. With one negative, SARE-Ind and
    SARE-Joint coincide. Raises `ValueError` for any other reduction, because the gradient of a tuple would
    then depend on the rest of the batch.
    """
    if loss.reduction != "sum":
        raise ValueError(f"gradients of single tuples need reduction sum, not {loss.reduction}")
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
    """The losses compared in the SARE paper, each with reduction "sum", by name."""
    return {
        "Triplet": TripletLoss(margin, reduction="sum"),
        "Contrastive": ContrastiveLoss(threshold, reduction="sum"),
        "SARE Gaussian": SARELoss("gaussian", temperature=temperature, reduction="sum"),
        "SARE Cauchy": SARELoss("cauchy", temperature=temperature, reduction="sum"),
        "SARE Exponential": SARELoss("exponential", temperature=temperature, reduction="sum"),
    }


def _at(distance: Float64, axis: int) -> torch.Tensor:
    """Unit vectors (g², 3) at these distances from (1, 0, 0), in the direction of `axis`."""
    angle = 2 * np.arcsin(distance.ravel() / 2)
    vectors = np.zeros((len(angle), 3))
    vectors[:, 0], vectors[:, axis] = np.cos(angle), np.sin(angle)
    return torch.from_numpy(vectors)


def _lengths(gradient: torch.Tensor | None, steps: int) -> Float64:
    assert gradient is not None
    return np.asarray(torch.linalg.vector_norm(gradient, dim=1).numpy().reshape(steps, steps), np.float64)
