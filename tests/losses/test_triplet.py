import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch.nn import functional  # noqa: E402

from placeprint.losses import ContrastiveLoss, TripletLoss  # noqa: E402


def leaves(seed=0, b=3, n=6, d=5):
    generator = torch.Generator().manual_seed(seed)
    shapes = [(b, d), (b, d), (b, n, d)]
    vectors = [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]
    return [functional.normalize(x, dim=-1).requires_grad_() for x in vectors]


def test_relja_divides_by_the_violating_negatives():
    query, positive, negatives = leaves()
    loss = TripletLoss.relja()(query, positive, negatives)
    loss.backward()
    q, p, n = (x.detach().numpy() for x in (query, positive, negatives))
    near = ((q - p) ** 2).sum(axis=1)[:, None]
    far = ((q[:, None] - n) ** 2).sum(axis=2)
    violating = far < near + 0.1
    count = violating.sum()
    assert 0 < count < violating.size
    assert loss.item() == pytest.approx((near + 0.1 - far)[violating].sum() / count, rel=1e-12)
    per = violating.sum(axis=1)[:, None]
    of_q = 2 * ((n * violating[..., None]).sum(axis=1) - per * p) / count
    np.testing.assert_allclose(query.grad, of_q, atol=1e-12)
    np.testing.assert_allclose(positive.grad, 2 * per * (p - q) / count, atol=1e-12)
    of_n = 2 * (q[:, None] - n) * violating[..., None] / count
    np.testing.assert_allclose(negatives.grad, of_n, atol=1e-12)


def test_on_the_margin_and_beyond_there_is_no_gradient():
    query = torch.zeros(1, 1)
    positive = torch.full((1, 1), 1.0, requires_grad=True)
    negatives = torch.tensor([[[1.5], [2.0], [1.25]]], requires_grad=True)
    loss = TripletLoss(1.25, reduction="active")(query, positive, negatives)  # 1.5² is on the margin
    loss.backward()
    assert loss.item() == 1.25 + 1 - 1.25**2
    assert negatives.grad.flatten().tolist() == [0.0, 0.0, -2.5]
    assert positive.grad.item() == 2.0


@pytest.mark.parametrize(
    ("preset", "margin"), [(TripletLoss.openibl, math.sqrt(0.1)), (TripletLoss.benchmark, 0.1)]
)
def test_unsquared_presets_are_torchs_margin_loss(preset, margin):
    query, positive, negatives = leaves(1)
    flat = [x[:, None].expand_as(negatives).flatten(0, 1) for x in (query, positive)]
    expected = functional.triplet_margin_loss(*flat, negatives.flatten(0, 1), margin=margin, eps=0)
    assert preset()(query, positive, negatives).item() == pytest.approx(expected.item(), rel=1e-12)


def test_contrastive_gradients_and_its_authors_divisor():
    query, positive, negatives = leaves(2)
    tau = 1.2
    loss = ContrastiveLoss(tau, reduction="active")(query, positive, negatives)
    loss.backward()
    q, p, n = (x.detach().numpy() for x in (query, positive, negatives))
    far = np.linalg.norm(q[:, None] - n, axis=2)
    near = far < tau
    divisor = len(q) + near.sum()
    assert 0 < near.sum() < near.size
    value = ((q - p) ** 2).sum() / 2 + ((tau - far[near]) ** 2).sum() / 2
    assert loss.item() == pytest.approx(value / divisor, rel=1e-12)
    np.testing.assert_allclose(positive.grad, (p - q) / divisor, atol=1e-12)
    of_n = (near * (1 - tau / far))[..., None] * (n - q[:, None])
    np.testing.assert_allclose(negatives.grad, of_n / divisor, atol=1e-12)
    np.testing.assert_allclose(query.grad, (q - p - of_n.sum(axis=1)) / divisor, atol=1e-12)
    deepibl = ContrastiveLoss.deepibl()
    assert (deepibl.threshold, deepibl.reduction) == (0.7, "active")


def test_contrastive_at_distance_0():
    query = torch.zeros(1, 3, requires_grad=True)
    negatives = torch.zeros(1, 1, 3, requires_grad=True)
    loss = ContrastiveLoss(0.7, reduction="sum")(query, torch.zeros(1, 3), negatives)
    loss.backward()
    assert loss.item() == pytest.approx(0.7**2 / 2)
    assert query.grad.eq(0).all()
    assert negatives.grad.eq(0).all()
