import sys

import pytest

torch = pytest.importorskip("torch")
losses = pytest.importorskip("pytorch_metric_learning.losses")
from pytorch_metric_learning import distances, miners, reducers  # noqa: E402

from placeprint.errors import MissingExtraError  # noqa: E402
from placeprint.losses import (  # noqa: E402
    BatchHardTripletLoss,
    ContrastiveLoss,
    PDDMLoss,
    SARELoss,
    TripletLoss,
    from_pytorch_metric_learning,
    metric_learning,
    to_pytorch_metric_learning,
)

COUNTS = torch.tensor([[1, 1, 1, 1], [1, 0, 1, 0], [0, 0, 0, 0]]).bool()


def unit(x):
    return x / x.norm(dim=-1, keepdim=True)


def tuples(b=3, n=4, d=6, seed=0):
    generator = torch.Generator().manual_seed(seed)
    shapes = ((b, d), (b, d), (b, n, d))
    return [unit(torch.randn(*s, dtype=torch.float64, generator=generator)) for s in shapes]


def squared(**settings):
    return {"distance": distances.LpDistance(power=2), "reducer": reducers.MeanReducer(), **settings}


def softmax_of_negative_distance(temperature):
    return losses.NTXentLoss(temperature=temperature, distance=distances.LpDistance(power=2))


def gradients(loss, x, mask):
    x = [t.clone().requires_grad_() for t in x]
    value = loss(*x, mask)
    return value.item(), torch.autograd.grad(value, x, allow_unused=True, materialize_grads=True)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (losses.TripletMarginLoss(margin=0.3, **squared()), TripletLoss(0.3)),
        (
            losses.TripletMarginLoss(margin=0.3, reducer=reducers.MeanReducer()),
            TripletLoss(0.3, squared=False),
        ),
        (
            losses.TripletMarginLoss(margin=0.3, **squared(reducer=reducers.AvgNonZeroReducer())),
            TripletLoss(0.3, reduction="active"),
        ),
        (
            losses.TripletMarginLoss(margin=0, smooth_loss=True, **squared()),
            SARELoss("gaussian", "independent"),
        ),
        (
            softmax_of_negative_distance(0.5),
            SARELoss("gaussian", "joint", temperature=0.5, reduction="tuples"),
        ),
        (losses.NTXentLoss(0.07), SARELoss.openibl("joint")),
    ],
)
def test_their_losses_equal_ours_on_tuples(theirs, ours):
    adapted, x = from_pytorch_metric_learning(theirs), tuples()
    x[2][~COUNTS] = torch.inf
    for mask in (COUNTS, None):
        if mask is None:
            x = tuples(seed=1)
        value, grads = gradients(adapted, x, mask)
        expected, wanted = gradients(ours, x, mask)
        assert value == pytest.approx(expected, rel=1e-6)
        for a, b, v in zip(grads, wanted, x, strict=True):
            # Theirs divide by lengths first: they have no gradient along a vector.
            if mask is not None and v.ndim == 3:
                assert not a[~mask].any()
                a, b, v = a[mask], b[mask], v[mask]
            along = (b * v).sum(-1, keepdim=True) * v
            torch.testing.assert_close(a, b - along, atol=1e-6, rtol=1e-5)


PAIR_LOSSES = {
    "NTXentLoss": {},
    "SupConLoss": {},
    "MultiSimilarityLoss": {},
    "CircleLoss": {},
    "LiftedStructureLoss": {},
    "GeneralizedLiftedStructureLoss": {},
    "TupletMarginLoss": {},
    "ContrastiveLoss": {"reducer": "mean"},
    "SignalToNoiseRatioContrastiveLoss": {"reducer": "mean"},
    "TripletMarginLoss": {"margin": 0.7, "reducer": "mean"},
    "MarginLoss": {"margin": 1.0, "reducer": "mean"},
}


@pytest.mark.parametrize("name", PAIR_LOSSES)
def test_tuples_do_not_meet(name):
    settings = dict(PAIR_LOSSES[name])
    if settings.get("reducer"):
        settings["reducer"] = reducers.MeanReducer()
    loss, x = from_pytorch_metric_learning(getattr(losses, name)(**settings)), tuples(4)
    every = loss(*x)
    alone = [loss(*(t[i : i + 1] for t in x)).item() for i in range(4)]
    assert every.item() == pytest.approx(sum(alone) / 4, rel=1e-6)
    assert min(alone) > 0


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("IntraPairVarianceLoss", {}),
        ("ThresholdConsistentMarginLoss", {"margin_minus": -0.5}),
        ("HistogramLoss", {"n_bins": 8}),
    ],
)
@pytest.mark.filterwarnings("ignore:Using a non-tuple sequence:UserWarning")
def test_losses_over_all_pairs_depend_on_nothing_else(name, settings):
    loss, x = from_pytorch_metric_learning(getattr(losses, name)(**settings)), tuples()
    value, grads = gradients(loss, x, COUNTS)
    assert value > 0
    assert not grads[0][2].any()
    assert not grads[1][2].any()
    assert grads[2][COUNTS].any()
    x[2][~COUNTS] = 1e30
    again = gradients(loss, x, COUNTS)
    assert again[0] == pytest.approx(value)
    assert not again[1][2][~COUNTS].any()


def test_a_triplets_swap_compares_its_own_positive_and_negative():
    x = tuples()
    value = from_pytorch_metric_learning(losses.TripletMarginLoss(0.4, swap=True, **squared()))(*x, COUNTS)
    terms = []
    for i, j in COUNTS.nonzero().tolist():
        q, p, n = x[0][i], x[1][i], x[2][i, j]
        nearer = min((q - n).square().sum(), (p - n).square().sum())
        terms.append(max((q - p).square().sum() - nearer + 0.4, 0))
    assert value.item() == pytest.approx(sum(terms).item() / len(terms))


def test_their_miner_sees_one_tuple_at_a_time():
    x = tuples()
    miner = miners.TripletMarginMiner(margin=0.1, distance=distances.LpDistance(power=2))
    value = from_pytorch_metric_learning(losses.TripletMarginLoss(0.3, **squared()), miner)(*x, COUNTS)
    near = (x[0] - x[1]).square().sum(1)
    far = (x[0][:, None] - x[2]).square().sum(2)
    mined = COUNTS & (far - near[:, None] <= 0.1)
    assert 0 < mined.sum() < COUNTS.sum()
    assert value.item() == pytest.approx((near[:, None] + 0.3 - far)[mined].mean().item())


@pytest.mark.parametrize(
    "name",
    ["MultiSimilarityMiner", "BatchHardMiner", "BatchEasyHardMiner", "PairMarginMiner", "AngularMiner",
     "DistanceWeightedMiner", "HDCMiner"],
)  # fmt: skip
def test_mined_pairs_stay_within_their_tuples(name):
    miner = getattr(miners, name)()
    adapted = from_pytorch_metric_learning(losses.NTXentLoss(), miner)
    x = tuples(4, 5)
    mask = torch.rand(4, 5, generator=torch.Generator().manual_seed(0)) < 0.6
    mask[1] = False
    mined = metric_learning._mined(miner, *x, mask)
    assert sum(len(part) for part in mined) > 0
    # A triplet's query is both the anchor of its positive and of its negative.
    anchors, positives, others, negatives = mined if len(mined) == 4 else (*mined[:2], mined[0], mined[2])
    assert anchors.tolist() == positives.tolist()
    for q, row in zip(others.tolist(), negatives.tolist(), strict=True):
        assert divmod(row - 4, 5)[0] == q
        assert mask[q, (row - 4) % 5]
    assert torch.isfinite(adapted(*x, mask))


def test_nothing_to_learn_from_is_0_with_a_graph():
    x = tuples()
    none = torch.zeros_like(COUNTS)
    for miner in (None, miners.MultiSimilarityMiner()):
        for loss in (losses.NTXentLoss(), losses.TripletMarginLoss(), losses.MultiSimilarityLoss()):
            value, grads = gradients(from_pytorch_metric_learning(loss, miner), x, none)
            assert value == 0
            assert not any(g.any() for g in grads)


@pytest.mark.parametrize(
    ("name", "settings"),
    [(name, {}) for name in ("AngularLoss", "NCALoss", "NPairsLoss", "FastAPLoss", "SmoothAPLoss", "PNPLoss",
                             "InstanceLoss", "DynamicSoftMarginLoss")]
    + [("RankedListLoss", {"margin": 0.5, "Tn": 1})]
    + [(name, {"num_classes": 3, "embedding_size": 6}) for name in
       ("ArcFaceLoss", "CosFaceLoss", "ProxyAnchorLoss", "ProxyNCALoss", "SoftTripleLoss",
        "NormalizedSoftmaxLoss", "SubCenterArcFaceLoss")],
)  # fmt: skip
def test_losses_that_need_labels_say_so(name, settings):
    with pytest.raises(ValueError, match=r"labels|not supported"):
        from_pytorch_metric_learning(getattr(losses, name)(**settings))(*tuples(), COUNTS)


def test_parameters_of_their_loss_are_trained():
    loss = from_pytorch_metric_learning(losses.MarginLoss(learn_beta=True))
    assert [name for name, _ in loss.named_parameters()] == ["loss.beta"]


# Ours in theirs.


def labeled(n=8, classes=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 6, dtype=torch.float64, generator=generator)
    return x, torch.randint(0, classes, (n,), generator=generator)


def by_label(x, y, references=None, reference_labels=None):
    """A tuple for each pair of one label, one at a time: (query, positive, negatives)."""
    f, same = unit(x), references is None
    g, z = (f, y) if same else (unit(references), reference_labels)
    for a in range(len(f)):
        for p in range(len(g)):
            if y[a] == z[p] and not (same and a == p):
                yield f[a : a + 1], g[p : p + 1], g[z != y[a]][None]


@pytest.mark.parametrize("ours", [SARELoss("cauchy", "joint", reduction="sum"), TripletLoss(reduction="sum"),
                                  ContrastiveLoss(reduction="sum")])  # fmt: skip
def test_our_losses_take_all_pairs_from_labels(ours):
    x, y = labeled()
    theirs = to_pytorch_metric_learning(ours)
    assert isinstance(theirs, losses.BaseMetricLossFunction)
    expected = sum(ours(*one).item() for one in by_label(x, y))
    assert theirs(x, y).item() == pytest.approx(expected)
    assert theirs(5 * x, y).item() == pytest.approx(expected)
    r, z = labeled(5, seed=1)
    expected = sum(ours(*one).item() for one in by_label(x, y, r, z))
    assert theirs(x, y, ref_emb=r, ref_labels=z).item() == pytest.approx(expected)
    assert torch.autograd.gradcheck(lambda x: theirs(x, y), x.requires_grad_())


def test_our_losses_take_what_their_miners_choose():
    ours = SARELoss("gaussian", "joint", reduction="sum")
    theirs = to_pytorch_metric_learning(ours)
    x, y = labeled(12)
    f = unit(x)
    triplets = miners.TripletMarginMiner(margin=0.2)(x, y)
    by_pair = {}
    for a, p, n in zip(*(part.tolist() for part in triplets), strict=True):
        by_pair.setdefault((a, p), []).append(n)
    assert len({len(n) for n in by_pair.values()}) > 1
    expected = sum(ours(f[[a]], f[[p]], f[n][None]).item() for (a, p), n in by_pair.items())
    assert theirs(x, y, triplets).item() == pytest.approx(expected)
    pairs = miners.MultiSimilarityMiner(epsilon=0.1)(x, y)
    anchors, positives, others, negatives = (part.tolist() for part in pairs)
    expected = 0
    for a, p in zip(anchors, positives, strict=True):
        n = [n for b, n in zip(others, negatives, strict=True) if a == b]
        expected += ours(f[[a]], f[[p]], f[n][None]).item() if n else 0
    assert theirs(x, None, pairs).item() == pytest.approx(expected)


def test_our_losses_without_pairs_or_labels():
    x, y = labeled()
    for ours in (SARELoss(), PDDMLoss(6).double(), BatchHardTripletLoss()):
        theirs = to_pytorch_metric_learning(ours)
        x.grad = None
        value = theirs(x.requires_grad_(), torch.zeros_like(y))
        value.backward()
        assert value.item() == 0
        assert not x.grad.any()
        with pytest.raises(ValueError, match="labels"):
            theirs(x)


@pytest.mark.parametrize("ours", [PDDMLoss(6).double(), BatchHardTripletLoss()])
def test_batch_losses_get_embeddings_and_labels(ours):
    x, y = labeled()
    theirs = to_pytorch_metric_learning(ours)
    assert theirs(x, y).item() == ours(x, y).item() > 0
    assert list(theirs.parameters()) == list(ours.parameters())
    with pytest.raises(ValueError, match="does its own mining"):
        theirs(x, y, miners.BatchHardMiner()(x, y))
    with pytest.raises(ValueError, match="no references"):
        theirs(x, y, ref_emb=x.clone(), ref_labels=y)


def test_ours_add_up_with_theirs():
    x, y = labeled()
    sare = to_pytorch_metric_learning(SARELoss())
    both = losses.MultipleLosses([sare, losses.TripletMarginLoss()], weights=[1.0, 2.0])
    assert both(x, y).item() == pytest.approx(sare(x, y).item() + 2 * losses.TripletMarginLoss()(x, y).item())


def test_without_the_package_it_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "pytorch_metric_learning.losses", None)
    monkeypatch.setitem(sys.modules, "pytorch_metric_learning", None)
    monkeypatch.delitem(sys.modules, "placeprint.losses.metric_learning_losses", raising=False)
    with pytest.raises(MissingExtraError, match=r"placeprint\[metric-learning\]"):
        to_pytorch_metric_learning(SARELoss())
