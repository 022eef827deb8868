import itertools

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from placeprint.losses import PDDM, BatchHardTripletLoss, PDDMLoss, hard_quadruplet, pddm  # noqa: E402


def batch(n=9, d=5, classes=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, d, dtype=torch.float64, generator=generator)
    return x, torch.randint(0, classes, (n,), generator=generator)


def layer(d=5, seed=0, **settings):
    torch.manual_seed(seed)
    return PDDM(d, **settings).double()


def length(x):
    size = np.linalg.norm(x)
    return x / size if size > 0 else x


def score(metric, a, b):
    """S of one pair, written out in NumPy."""
    w = {name: p.detach().numpy() for name, p in metric.named_parameters()}
    relu = lambda x: np.maximum(x, 0)  # noqa: E731
    u, v = abs(a - b), (a + b) / 2
    if metric.pre_normalize:
        u, v = length(u), length(v)
    u = length(relu(w["difference.weight"] @ u + w["difference.bias"]))
    v = length(relu(w["mean.weight"] @ v + w["mean.bias"]))
    c = relu(w["joint.weight"] @ np.concatenate([u, v]) + w["joint.bias"])
    return (w["score.weight"] @ c + w["score.bias"])[0]


def quadruplet(s, labels):
    """Loops over all pairs, and all negatives of each."""
    n = range(len(labels))
    pairs = [(s[i, j], i, j) for i in n for j in n if i != j and labels[i] == labels[j]]
    if not pairs or len(set(labels)) < 2:
        return None
    _, i, j = min(pairs)
    hardest = lambda a: max((b for b in n if labels[b] != labels[a]), key=lambda b: s[a, b])  # noqa: E731
    return i, j, hardest(i), hardest(j)


@pytest.mark.parametrize("pre_normalize", [False, True])
def test_scores_are_the_formula(monkeypatch, pre_normalize):
    metric = layer(pre_normalize=pre_normalize)
    x, others = batch()[0], batch(4, seed=1)[0]
    expected = np.array([[score(metric, a, b) for b in x.numpy()] for a in x.numpy()])
    between = np.array([[score(metric, a, b) for b in others.numpy()] for a in x.numpy()])
    for chunk in (2**22, 20, 1):
        monkeypatch.setattr(pddm, "CHUNK", chunk)
        with torch.no_grad():
            np.testing.assert_allclose(metric(x), expected, atol=1e-12)
            np.testing.assert_allclose(metric(x, others), between, atol=1e-12)
    assert np.array_equal(metric(x).detach(), metric(x).detach().T)
    assert metric(x, others[:0]).shape == (9, 0)
    assert metric(x[:0], others).shape == (0, 4)
    different = layer(pre_normalize=not pre_normalize)
    assert abs(different(x).detach().numpy() - expected).max() > 1e-3


def test_sizes_and_gradients_of_the_layer():
    metric = layer(4)
    assert [tuple(p.shape) for p in metric.parameters()] == [
        (4, 4), (4,), (4, 4), (4,), (4, 8), (4,), (1, 4), (1,),
    ]  # fmt: skip
    x = batch(4, 4)[0].requires_grad_()
    assert torch.autograd.gradcheck(lambda x: metric(x)[0, 1:], x)
    assert torch.autograd.gradcheck(lambda x: metric(x, x[:2])[2:], x)
    # A photo with itself, and photos without content: finite.
    metric(torch.zeros(2, 4, dtype=torch.float64, requires_grad=True)).sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in metric.parameters())


def test_quadruplet_equals_loops():
    rng = np.random.default_rng(0)
    some = none = 0
    for _ in range(300):
        n = int(rng.integers(1, 9))
        s = rng.normal(size=(n, n)) - 3 * rng.integers(0, 2)  # not symmetric, often all negative
        labels = rng.integers(0, int(rng.integers(1, 6)), n)
        expected = quadruplet(s, labels.tolist())
        assert hard_quadruplet(torch.from_numpy(s), torch.from_numpy(labels)) == expected
        some, none = some + (expected is not None), none + (expected is None)
    assert some > 100
    assert none > 50


def test_quadruplet_by_hand():
    # Negative scores throughout: zeros in place of what does not count would win.
    s = -torch.tensor([[9.0, 2, 5, 6], [2, 9, 7, 3], [5, 7, 9, 1], [6, 3, 1, 9]])
    assert hard_quadruplet(s, torch.tensor([0, 0, 1, 1])) == (0, 1, 2, 3)
    assert hard_quadruplet(s, torch.tensor([0, 1, 0, 1])) == (0, 2, 1, 3)
    # Of equal scores the first mask.
    assert hard_quadruplet(torch.zeros(4, 4), torch.tensor([7, 3, 3, 7])) == (0, 3, 1, 1)
    assert hard_quadruplet(s, torch.tensor([0, 0, 0, 0])) is None
    assert hard_quadruplet(s, torch.tensor([0, 1, 2, 3])) is None
    assert hard_quadruplet(torch.zeros(0, 0), torch.zeros(0, dtype=torch.int64)) is None
    with pytest.raises(ValueError, match="do not match"):
        hard_quadruplet(s, torch.tensor([0, 0, 1]))


def expected_loss(loss, x, labels):
    """All pairs with gradient, in torch; the four hinges as written."""
    f = x / x.norm(dim=1, keepdim=True)
    s = loss.metric(f.detach() if loss.detach_metric else f)
    i, j, k, l = quadruplet(s.detach().numpy(), labels.tolist())  # noqa: E741
    d = lambda a, b: ((f[a] - f[b]) ** 2).sum()  # noqa: E731
    hinge = lambda x: torch.clamp(x, min=0)  # noqa: E731
    metric = hinge(loss.alpha + s[i, k] - s[i, j]) + hinge(loss.alpha + s[j, l] - s[i, j])
    embedding = hinge(loss.beta + d(i, j) - d(i, k)) + hinge(loss.beta + d(i, j) - d(j, l))
    return metric + loss.weight * embedding


@pytest.mark.parametrize("detach_metric", [False, True])
def test_loss_and_gradients_equal_those_of_all_pairs(detach_metric):
    for seed in range(5):
        torch.manual_seed(seed)
        loss = PDDMLoss(
            5, alpha=0.3, beta=0.7, weight=0.4, detach_metric=detach_metric, pre_normalize=seed == 4
        ).double()
        x, labels = batch(seed=seed)
        x.requires_grad_()
        ours, theirs = loss(x, labels), expected_loss(loss, x, labels)
        assert ours.item() == pytest.approx(theirs.item(), abs=1e-12)
        parameters = [x, *loss.parameters()]
        for a, b in zip(
            torch.autograd.grad(ours, parameters), torch.autograd.grad(theirs, parameters), strict=True
        ):
            torch.testing.assert_close(a, b, atol=1e-12, rtol=1e-9)
        assert loss(3 * x, labels).item() == pytest.approx(ours.item())


def test_loss_by_hand():
    loss = PDDMLoss(2).double()
    torch.nn.init.zeros_(loss.metric.score.weight)
    x = torch.tensor([[1.0, 0], [0, 2], [-3, 0], [0.6, -0.8]], dtype=torch.float64)
    labels = torch.tensor([5, 5, 2, 3])
    # All S are equal, so that E_m = 2 α, the quadruplet is (0, 1, 2, 2), D_01 = 2, D_02 = 4, D_12 = 2.
    assert loss(x, labels).item() == pytest.approx(2 * 0.5 + 0.5 * (0 + 1))
    assert loss.metric.pre_normalize is False
    assert loss.detach_metric is False


@pytest.mark.parametrize("make", [lambda: PDDMLoss(5).double(), BatchHardTripletLoss])
def test_batches_without_a_triplet_are_0_with_a_graph(make):
    loss, (x, _) = make(), batch(4)
    x.requires_grad_()
    for labels in ([0, 0, 0, 0], [0, 1, 2, 3]):
        x.grad = None
        value = loss(x, torch.tensor(labels))
        value.backward()
        assert value.item() == 0
        assert not x.grad.any()
    assert loss(x[:0], torch.zeros(0, dtype=torch.int64)).item() == 0
    with pytest.raises(ValueError, match="do not match"):
        loss(x, torch.tensor([0, 0, 1]))


def test_batch_triplet_equals_loops():
    for seed in range(5):
        x, labels = batch(10, seed=seed, classes=6)
        f, y = x / x.norm(dim=1, keepdim=True), labels.tolist()
        d = lambda a, b, f=f: ((f[a] - f[b]) ** 2).sum().item()  # noqa: E731
        terms = []
        for a in range(10):
            near = [d(a, p) for p in range(10) if p != a and y[p] == y[a]]
            far = [d(a, n) for n in range(10) if y[n] != y[a]]
            if near and far:
                terms.append(max(0, 0.3 + max(near) - min(far)))
        loss = BatchHardTripletLoss(0.3)
        assert loss(x, labels).item() == pytest.approx(np.mean(terms))
        assert torch.autograd.gradcheck(lambda x, y=labels, loss=loss: loss(x, y), x.requires_grad_())


def test_both_separate_places():
    torch.manual_seed(0)
    labels = torch.arange(4).repeat_interleave(4)
    photos = torch.randn(4, 8).repeat_interleave(4, 0) + 0.7 * torch.randn(16, 8)
    for loss in (PDDMLoss(6), BatchHardTripletLoss()):
        network = torch.nn.Linear(8, 6)
        optimizer = torch.optim.Adam(itertools.chain(network.parameters(), loss.parameters()), 0.02)
        start = BatchHardTripletLoss()(network(photos), labels).item()
        for _ in range(60):
            optimizer.zero_grad()
            loss(network(photos), labels).backward()
            optimizer.step()
        assert BatchHardTripletLoss()(network(photos), labels).item() < 0.5 * start
