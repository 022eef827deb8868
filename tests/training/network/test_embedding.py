"""Gradients through cached chunks: those of plain autograd, in the memory of one chunk."""

import weakref
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from placeprint.losses import SARELoss, TripletLoss
from placeprint.training.network.embedding import backward
from placeprint.training.optimization.processes import Processes

SCALE = 3.0


class Weighted(nn.Module):
    """A loss with a parameter of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([0.7, -0.2], dtype=torch.float64))

    def forward(self, query: Tensor, positive: Tensor, negatives: Tensor) -> Tensor:
        near, far = (query - positive).square().sum(), (query[:, None] - negatives).square().sum()
        return self.weight[0].exp() * near + (self.weight[1] - far).exp()


def network(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.Tanh(), nn.Flatten(), nn.Linear(4 * 16, 5)).double()


def images() -> Tensor:
    return torch.randn(11, 3, 6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def tuples(vectors: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Three tuples of eleven images, one image in two of them."""
    negatives = torch.tensor([[6, 7], [8, 9], [10, 6]])
    return vectors[:3], vectors[3:6], vectors[negatives]


@pytest.mark.parametrize("chunk", [11, 4, 1])
@pytest.mark.parametrize(
    "make",
    [lambda: SARELoss(), lambda: SARELoss("cauchy", "joint"), lambda: TripletLoss(10.0), Weighted],
    ids=["sare", "cauchy-joint", "triplet", "with-parameters"],
)
def test_the_gradient_is_that_of_plain_autograd(make: Callable[[], nn.Module], chunk: int) -> None:
    plain, cached, x = network(), network(), images()
    loss, again = make(), make()
    value = loss(*tuples(plain(x)))
    (SCALE * value).backward()
    for _ in range(2):  # gradients are added to what is there
        found = backward(cached, x.split(chunk), lambda vectors: again(*tuples(vectors)), Processes(), SCALE)
    torch.testing.assert_close(found.loss, value.detach(), rtol=1e-12, atol=0)
    torch.testing.assert_close(found.vectors, plain(x).detach(), rtol=1e-12, atol=0)
    assert not found.loss.requires_grad
    assert not found.vectors.requires_grad
    expected = [*plain.parameters(), *loss.parameters()]
    for one, other in zip(expected, [*cached.parameters(), *again.parameters()], strict=True):
        assert one.grad is not None
        assert other.grad is not None
        assert one.grad.abs().max() > 0
        torch.testing.assert_close(other.grad, 2 * one.grad, rtol=1e-9, atol=1e-12)


class Saved:
    """Counts tensors that some graph keeps for its backward pass."""

    def __init__(self) -> None:
        self.alive, self.most = 0, 0

    def pack(self, tensor: Tensor) -> list[Tensor]:
        class Kept(list):  # type: ignore[type-arg]
            pass

        kept = Kept([tensor])
        self.alive += 1
        self.most = max(self.most, self.alive)
        weakref.finalize(kept, self._gone)
        return kept

    def _gone(self) -> None:
        self.alive -= 1


def test_only_the_graph_of_one_chunk_is_alive() -> None:
    model, x, calls = network(), images(), []
    saved = Saved()

    def forward(chunk: Tensor) -> Tensor:
        calls.append((len(chunk), torch.is_grad_enabled()))
        if torch.is_grad_enabled():
            assert saved.alive == 0
        with torch.autograd.graph.saved_tensors_hooks(saved.pack, lambda kept: kept[0]):
            return model(chunk)  # type: ignore[no-any-return]

    backward(forward, x.split(4), lambda vectors: SARELoss()(*tuples(vectors)), Processes())
    assert calls == [(4, False), (4, False), (3, False), (4, True), (4, True), (3, True)]
    one_chunk, saved = saved.most, Saved()
    calls.clear()
    backward(forward, [x], lambda vectors: SARELoss()(*tuples(vectors)), Processes())
    assert calls == [(11, True)]  # one chunk takes one pass
    assert saved.most == one_chunk > 0


def test_half_precision_goes_to_the_loss_in_single() -> None:
    model = network().to(torch.bfloat16)
    seen: list[torch.dtype] = []

    def loss(vectors: Tensor) -> Tensor:
        seen.append(vectors.dtype)
        return SARELoss()(*tuples(vectors))  # type: ignore[no-any-return]

    for chunk in (11, 4):
        backward(model, images().to(torch.bfloat16).split(chunk), loss, Processes())
    assert seen == [torch.float32] * 2
    assert all(p.grad is not None and p.grad.dtype == torch.bfloat16 for p in model.parameters())
