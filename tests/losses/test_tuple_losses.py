"""What every loss over tuples keeps, and its value against loops over single numbers."""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from placeprint.losses import ContrastiveLoss, SARELoss, TripletLoss  # noqa: E402
from placeprint.losses.tuple_loss import TupleLoss  # noqa: E402

REDUCTIONS = ["sum", "tuples", "negatives", "active"]
KERNELS = ["gaussian", "cauchy", "exponential"]
MODES = ["independent", "joint"]
LOSSES = [
    *(
        SARELoss(k, m, temperature=t, reduction=r)
        for k in KERNELS
        for m in MODES
        for t, r in [(1, "sum"), (0.3, "tuples")]
    ),
    *(SARELoss("cauchy", m, temperature=1.7, reduction=r) for m in MODES for r in ["negatives", "active"]),
    *(TripletLoss(m, s, reduction=r) for m in [0.1, 1.3] for s in [True, False] for r in REDUCTIONS),
    *(ContrastiveLoss(t, reduction=r) for t in [0.7, 1.5] for r in REDUCTIONS),
]
every_loss = pytest.mark.parametrize(
    "loss", LOSSES, ids=lambda loss: f"{type(loss).__name__}({loss.extra_repr()})"
)


def random_tuples(seed=0, b=4, n=5, d=6, spread=0.5):
    rng = np.random.default_rng(seed)
    query = rng.normal(size=(b, d))
    positive = query + spread * rng.normal(size=(b, d))
    negatives = query[:, None] + spread * rng.normal(size=(b, n, d))
    return [torch.from_numpy(x) for x in (query, positive, negatives)]


COUNTS = torch.tensor(
    [[True] * 5, [True, False, True, True, False], [False] * 5, [False, False, False, True, False]]
)


def distance(a, b):
    return math.sqrt(sum((x - y) ** 2 for x, y in zip(a.tolist(), b.tolist(), strict=True)))


def kernel_value(loss, d):
    t = loss.temperature
    return {"gaussian": math.exp(-d * d / t), "cauchy": 1 / (1 + d * d / t), "exponential": math.exp(-d / t)}[
        loss.kernel
    ]


def naive_terms(loss, d_p, d_n):
    if isinstance(loss, SARELoss):
        k_p, k_n = kernel_value(loss, d_p), [kernel_value(loss, d) for d in d_n]
        return [-math.log(k_p / (k_p + k)) for k in ([sum(k_n)] if loss.mode == "joint" else k_n)]
    if isinstance(loss, TripletLoss):
        power = 2 if loss.squared else 1
        return [max(0.0, d_p**power + loss.margin - d**power) for d in d_n]
    return [d_p**2 / 2, *(max(0.0, loss.threshold - d) ** 2 / 2 for d in d_n)]


def naive(loss, query, positive, negatives, mask):
    terms, tuples, count = [], 0, 0
    for q, p, ns, exist in zip(query, positive, negatives, mask, strict=True):
        d_n = [distance(q, n) for n, here in zip(ns, exist.tolist(), strict=True) if here]
        if d_n:
            terms += naive_terms(loss, distance(q, p), d_n)
            tuples, count = tuples + 1, count + len(d_n)
    active = sum(term > 0 for term in terms)
    divisor = {"sum": 1, "tuples": tuples, "negatives": count, "active": active}[loss.reduction]
    return sum(terms) / max(divisor, 1)


@every_loss
def test_it_equals_loops_over_single_numbers(loss):
    for seed in range(3):
        tuples = random_tuples(seed)
        for mask in (None, COUNTS, COUNTS.logical_not()):
            used = torch.ones(4, 5, dtype=torch.bool) if mask is None else mask
            found = loss(*tuples, mask)
            assert found.shape == ()
            assert found.dtype == torch.float64
            assert found.item() == pytest.approx(naive(loss, *tuples, used), rel=1e-12, abs=1e-14)


@every_loss
def test_gradients_are_those_of_finite_differences(loss):
    tuples = [x.requires_grad_() for x in random_tuples(1, n=3, d=2)]
    mask = COUNTS[:, :3]
    assert torch.autograd.gradcheck(lambda *x: loss(*x, mask), tuples, fast_mode=True)


@every_loss
def test_absent_negatives_and_empty_tuples_add_nothing(loss):
    query, positive, negatives = random_tuples(2)
    expected = gradients(loss, query, positive, negatives, COUNTS)
    for garbage in (0.0, 1e30, math.inf, math.nan):
        dirty = torch.where(COUNTS[..., None], negatives, torch.full_like(negatives, garbage))
        for kind in (torch.float64, torch.float32):
            found = gradients(loss, *(x.to(kind) for x in (query, positive, dirty)), COUNTS)
            for ours, theirs in zip(found, expected, strict=True):
                torch.testing.assert_close(
                    ours.double(),
                    theirs,
                    rtol=1e-4 if kind == torch.float32 else 1e-12,
                    atol=1e-5 if kind == torch.float32 else 1e-14,
                )
            assert (found[3][~COUNTS] == 0).all()
            assert all((x[2] == 0).all() for x in found[1:])
    shorter = [x[[0, 1, 3]] for x in (query, positive, negatives)]
    assert loss(*shorter, COUNTS[[0, 1, 3]]).item() == pytest.approx(expected[0].item(), rel=1e-12)


@every_loss
def test_the_order_of_negatives_and_of_tuples_is_nothing(loss):
    query, positive, negatives = random_tuples(3)
    value = loss(query, positive, negatives, COUNTS).item()
    order, rows = torch.tensor([3, 0, 4, 2, 1]), torch.tensor([2, 0, 3, 1])
    assert loss(query, positive, negatives[:, order], COUNTS[:, order]).item() == pytest.approx(
        value, rel=1e-13
    )
    moved = [x[rows] for x in (query, positive, negatives, COUNTS)]
    assert loss(*moved).item() == pytest.approx(value, rel=1e-13)


@every_loss
def test_without_negatives_it_is_0_and_can_be_differentiated(loss):
    query, positive, negatives = random_tuples()
    none = torch.zeros(4, 5, dtype=torch.bool)
    for tuples in (
        (query, positive, negatives, none),
        (query, positive, negatives[:, :0], None),
        (query[:0], positive[:0], negatives[:0], None),
    ):
        value, *rest = gradients(loss, *tuples)
        assert value.item() == 0
        assert all((x == 0).all() for x in rest)


@every_loss
@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16, torch.float32, torch.float64])
def test_it_is_finite_at_distance_0_and_far_away(loss, kind):
    query = torch.ones(3, 8, dtype=kind)
    positive = torch.stack([query[0], query[0], 1000 * query[0]])
    far = torch.full((8,), 60000.0 if kind == torch.float16 else 1e15, dtype=kind)
    negatives = torch.stack([query, -far.expand(3, 8), query * 0.99], dim=1)
    value, *rest = gradients(loss, query, positive, negatives, None)
    assert value.dtype == (torch.float64 if kind == torch.float64 else torch.float32)
    assert value.isfinite()
    assert all(x.isfinite().all() for x in rest)


@every_loss
def test_half_precision_is_computed_in_float32_also_under_autocast(loss):
    half = [x.bfloat16() for x in random_tuples(4, d=64)]
    expected = loss(*(x.double() for x in half)).item()
    assert loss(*half).item() == pytest.approx(expected, rel=1e-5)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert loss(*(x.float() for x in half)).item() == pytest.approx(expected, rel=1e-5)


def test_what_a_loss_multiplies_is_not_rounded_under_autocast():
    kinds = []

    class Products(TupleLoss):
        def terms(self, query, positive, negatives, real):
            product = query @ positive.T
            kinds.append(product.dtype)
            return product.square()

    tuples = [x.float() for x in random_tuples()]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        Products("sum")(*tuples)
    Products("sum")(*tuples)
    assert kinds == [torch.float32] * 2


def test_near_vectors_do_not_cancel():
    query = torch.full((1, 4), 1000.0)
    positive = query + 2**-12
    value = ContrastiveLoss(0.0, reduction="sum")(query, positive, query[:, None]).item()
    assert value == 4 * 2.0**-24 / 2


def test_shapes_that_do_not_fit_are_named():
    query, positive, negatives = random_tuples()
    loss = SARELoss()
    for wrong in (
        (query, positive[:3], negatives),
        (query[:3], positive[:3], negatives),
        (query, positive, negatives[..., :5]),
        (query, positive, negatives[:, 0]),
        (query[0], positive[0], negatives[0]),
    ):
        with pytest.raises(ValueError, match=r"query \([\d, ]+\), positive .* are not \(b, d\)"):
            loss(*wrong)
    for mask in (COUNTS[:, :4], COUNTS[:3], COUNTS.long()):
        with pytest.raises(
            ValueError, match=r"negatives \(4, 5, 6\): mask \(\d, \d\) of .* are not booleans"
        ):
            loss(query, positive, negatives, mask)


def test_settings_that_are_none():
    for make in (
        lambda: SARELoss("laplace"),
        lambda: SARELoss("gaussian", "both"),
        lambda: SARELoss(temperature=0),
        lambda: SARELoss(temperature=-1),
        lambda: SARELoss(temperature=math.nan),
        lambda: TripletLoss(reduction="mean"),
    ):
        with pytest.raises(ValueError, match=r"laplace|both|temperature|'mean' is not one of sum, tuples"):
            make()
    assert repr(TripletLoss.relja()) == "TripletLoss(margin=0.1, squared=True, reduction=active, rests=True)"


def gradients(loss, query, positive, negatives, mask):
    """[value, of query, of positive, of negatives]"""
    leaves = [x.detach().clone().requires_grad_() for x in (query, positive, negatives)]
    value = loss(*leaves, mask)
    value.backward()
    return [value.detach(), *(x.grad for x in leaves)]
