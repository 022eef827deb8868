"""SARE against the gradients that the paper and its authors' code have in closed form."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch.nn import functional  # noqa: E402

from placeprint.losses import SARELoss  # noqa: E402

KERNELS = ["gaussian", "cauchy", "exponential"]
MODES = ["independent", "joint"]


def tuples(seed=0, b=3, n=10, d=7, unit=True):
    rng = np.random.default_rng(seed)
    shapes = [(b, d), (b, d), (b, n, d)]
    vectors = [rng.normal(size=shape) for shape in shapes]
    return [x / np.linalg.norm(x, axis=-1, keepdims=True) if unit else 0.7 * x for x in vectors]


def autograd(loss, *vectors):
    leaves = [torch.from_numpy(x).requires_grad_() for x in vectors]
    value = loss(*leaves)
    value.backward()
    return value.item(), [x.grad.numpy() for x in leaves]


def kernel_and_slope(kernel, x):
    """k(‖x‖), and −∂ log k / ∂x."""
    d = np.linalg.norm(x)
    if kernel == "gaussian":
        return np.exp(-(d**2)), 2 * x
    return (1 / (1 + d**2), 2 * x / (1 + d**2)) if kernel == "cauchy" else (np.exp(-d), x / d)


def by_hand(kernel, mode, query, positive, negatives):
    """Sum over all tuples: value and gradients of q, p and n, from c and π_n."""
    value = 0.0
    of_q, of_p, of_n = (np.zeros(x.shape) for x in (query, positive, negatives))
    for i, (q, p, ns) in enumerate(zip(query, positive, negatives, strict=True)):
        k_p, pull = kernel_and_slope(kernel, p - q)
        found = [kernel_and_slope(kernel, q - n) for n in ns]
        total = k_p + sum(k for k, _ in found)
        for j, (k_n, push) in enumerate(found):
            share = k_n / (total if mode == "joint" else k_p + k_n)
            of_p[i] += share * pull
            of_n[i, j] = share * push
            value -= np.log(k_p / (k_p + k_n)) if mode == "independent" else 0
        value -= np.log(k_p / total) if mode == "joint" else 0
        of_q[i] = -(of_p[i] + of_n[i].sum(axis=0))
    return value, [of_q, of_p, of_n]


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("unit", [True, False])
def test_values_and_gradients_in_closed_form(kernel, mode, unit):
    vectors = tuples(1, unit=unit)
    value, found = autograd(SARELoss(kernel, mode, reduction="sum"), *vectors)
    expected, hand = by_hand(kernel, mode, *vectors)
    assert value == pytest.approx(expected, rel=1e-10)
    for ours, theirs in zip(found, hand, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-10)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("mode", MODES)
def test_deepibl_divides_both_modes_by_all_negatives(kernel, mode):
    vectors = tuples(2, b=4)
    value, found = autograd(SARELoss.deepibl(kernel, mode), *vectors)
    expected, hand = by_hand(kernel, mode, *vectors)
    assert value == pytest.approx(expected / 40, rel=1e-12)
    for ours, theirs in zip(found, hand, strict=True):
        np.testing.assert_allclose(ours, theirs / 40, atol=1e-12)


def test_deepibl_joint_gaussian_of_dot_products_differs_along_the_vectors_alone():
    query, positive, negatives = tuples(3, b=1)
    _, found = autograd(SARELoss.deepibl("gaussian", "joint"), query, positive, negatives)
    s = np.exp(2 * (negatives[0] - positive[0]) @ query[0])
    shares = 2 * s / (1 + s.sum())
    hand = [
        shares @ (negatives[0] - positive[0]),
        -shares.sum() * query[0],
        shares[:, None] * query[0],
    ]
    unit = [query[0], positive[0], negatives[0]]
    apart = []
    for ours, theirs, along in zip(found, hand, unit, strict=True):
        rest = 10 * ours[0] - theirs
        apart.append(np.abs(rest).max())
        tangent = rest - (rest * along).sum(axis=-1, keepdims=True) * along
        np.testing.assert_allclose(tangent, 0, atol=1e-12)
    assert min(apart[1:]) > 1e-3


def cross_entropy(query, positive, negatives, tau, mode):
    """Of the softmax over dot products: OpenIBL's form, a mean over all rows."""
    q, p, n = (torch.from_numpy(x) for x in (query, positive, negatives))
    near, far = (q * p).sum(1, keepdim=True) / tau, (n @ q[..., None]).squeeze(2) / tau
    if mode == "joint":
        logits = torch.cat([near, far], dim=1)
    else:
        logits = torch.stack([near.expand_as(far), far], dim=2).reshape(-1, 2)
    return functional.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.int64)).item()


@pytest.mark.parametrize("mode", MODES)
def test_temperature_is_twice_that_of_dot_products(mode):
    vectors = tuples(4)
    rows = [torch.from_numpy(x) for x in vectors]
    for tau in (0.5, 0.07, 0.05):
        expected = cross_entropy(*vectors, tau, mode)
        assert SARELoss.openibl(mode, tau)(*rows).item() == pytest.approx(expected, rel=1e-10)
    assert SARELoss.openibl(mode)(*rows).item() == pytest.approx(
        cross_entropy(*vectors, 0.07, mode), rel=1e-10
    )
    assert SARELoss.openibl(mode, 0.5).temperature == SARELoss().temperature == 1.0
    assert SARELoss.openibl(mode).temperature == pytest.approx(0.14)


def test_scales_of_the_presets():
    rows = [torch.from_numpy(x) for x in tuples(5)]
    ours = {mode: SARELoss.deepibl("gaussian", mode)(*rows).item() for mode in MODES}
    for mode in MODES:
        assert SARELoss.benchmark(mode)(*rows).item() == pytest.approx(ours[mode], rel=1e-12)
    openibl = {mode: SARELoss.openibl(mode, 0.5)(*rows).item() for mode in MODES}
    assert openibl["independent"] == pytest.approx(ours["independent"], rel=1e-12)
    assert openibl["joint"] == pytest.approx(10 * ours["joint"], rel=1e-12)
    assert SARELoss().reduction == "negatives"


@pytest.mark.parametrize("kernel", KERNELS)
def test_joint_with_one_negative_is_independent(kernel):
    query, positive, negatives = (torch.from_numpy(x) for x in tuples(6))
    one = (query, positive, negatives[:, :1])
    expected = SARELoss(kernel, "independent", temperature=0.3)(*one).item()
    assert SARELoss(kernel, "joint", temperature=0.3)(*one).item() == pytest.approx(expected, rel=1e-14)
    mask = torch.zeros(3, 10, dtype=torch.bool)
    mask[:, 4] = True
    both = [SARELoss(kernel, mode)(query, positive, negatives, mask).item() for mode in MODES]
    assert both[0] == pytest.approx(both[1], rel=1e-14)


@pytest.mark.parametrize(("kernel", "best"), [("gaussian", 0.982), ("cauchy", 0.833), ("exponential", 0.881)])
def test_the_best_that_unit_vectors_reach(kernel, best):
    query = torch.tensor([[1.0, 0.0]], dtype=torch.float64)
    value = SARELoss(kernel)(query, query, -query[:, None]).item()
    assert np.exp(-value) == pytest.approx(best, abs=5e-4)


@pytest.mark.parametrize("mode", MODES)
def test_small_losses_keep_their_digits(mode):
    query = torch.zeros(1, 1, dtype=torch.float32)
    negatives = torch.full((1, 2, 1), 5.0)  # 2 exp(-25) is lost beside 1 in float32
    value = SARELoss("gaussian", mode, reduction="sum")(query, query, negatives).item()
    assert value == pytest.approx(2 * np.exp(-25), rel=1e-5)


@pytest.mark.parametrize("mode", MODES)
def test_a_hard_violation_is_not_taken_for_a_straight_line(mode):
    query, positive = (
        torch.zeros(1, 1, dtype=torch.float64),
        torch.full((1, 1), np.sqrt(21.0), dtype=torch.float64),
    )
    value = SARELoss("gaussian", mode)(query, positive, query[:, None]).item()
    assert value == pytest.approx(21 + np.log1p(np.exp(-21)), rel=1e-13)
