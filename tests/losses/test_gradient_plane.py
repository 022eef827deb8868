"""Lengths of gradients against their closed forms over the plane of distances."""

import numpy as np
import pytest

pytest.importorskip("torch")

from placeprint.losses import ContrastiveLoss, SARELoss, TripletLoss
from placeprint.losses.gradients import compared_losses, gradient_plane


def closed_forms(margin, threshold, t, p, n):
    triplet = p**2 + margin > n**2
    kernels = [np.exp(-(p**2) / t), np.exp(-(n**2) / t)], [1 / (1 + p**2 / t), 1 / (1 + n**2 / t)]
    gauss, cauchy = (b / (a + b) for a, b in kernels)
    exponential = 1 / (1 + np.exp((n - p) / t))
    return {
        "Triplet": (2 * p * triplet, 2 * n * triplet),
        "Contrastive": (p, np.maximum(0, threshold - n)),
        "SARE Gaussian": (2 * gauss * p / t, 2 * gauss * n / t),
        "SARE Cauchy": (2 * cauchy * p / (t + p**2), 2 * cauchy * n / (t + n**2)),
        "SARE Exponential": (exponential / t, exponential / t),
    }


@pytest.mark.parametrize("settings", [(0.1, 0.7, 1.0), (0.3, 1.1, 0.14)])
def test_autograd_gives_the_closed_forms(settings):
    losses = compared_losses(*settings)
    distance = (np.arange(9) + 0.5) / 4.5
    p, n = distance[None], distance[:, None]
    expected = closed_forms(*settings, p, n)
    assert list(losses) == list(expected)
    for name, loss in losses.items():
        plane = gradient_plane(loss, 9)
        np.testing.assert_allclose(plane.distance, distance)
        positive, negative = (np.broadcast_to(x, (9, 9)) for x in expected[name])
        np.testing.assert_allclose(plane.positive, positive, atol=1e-9)
        np.testing.assert_allclose(plane.negative, negative, atol=1e-9)


def test_joint_is_independent_for_the_one_negative():
    for kernel in ("gaussian", "cauchy", "exponential"):
        both = [
            gradient_plane(SARELoss(kernel, mode, reduction="sum"), 5) for mode in ("independent", "joint")
        ]
        np.testing.assert_allclose(both[0].positive, both[1].positive, atol=1e-12)
        np.testing.assert_allclose(both[0].negative, both[1].negative, atol=1e-12)


def test_tuples_must_not_be_averaged():
    for loss in (SARELoss(), TripletLoss.relja(), ContrastiveLoss(reduction="tuples")):
        with pytest.raises(ValueError, match="reduction sum"):
            gradient_plane(loss)
