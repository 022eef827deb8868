"""Steps of the optimizer against plain gradient descent, by hand."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from placeprint.training.config import OptimiserSpec, RunSpec
from placeprint.training.network.embedding import backward
from placeprint.training.optimization.optimizer_step import OptimizerStep
from placeprint.training.optimization.processes import Processes

RATE = 0.5


class Config:
    """What `OptimizerStep` reads of a recipe: gradient descent without momentum and decay."""

    def __init__(self, accumulate: int, **optimizer: Any) -> None:
        self.run = RunSpec(accumulate=accumulate, average=optimizer.pop("average", 0.0))
        self.optimizer = OptimiserSpec(lr=RATE, momentum=0.0, weight_decay=0.0, **optimizer)


class Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.backbone, self.whitening = nn.Identity(), None
        self.pooling = nn.Linear(3, 2, bias=False).double()

    def forward(self, x: Tensor) -> Tensor:
        return self.pooling(x)  # type: ignore[no-any-return]


def descended(accumulate: int, steps: int, **settings: Any) -> tuple[Network, Tensor, list[float | None]]:
    """The network after `steps` batches, its first weights, and what each step's end said."""
    network = Network()
    first = network.pooling.weight.detach().clone()
    config: Any = Config(accumulate, **settings)
    single: Any = network
    step = OptimizerStep(config, single, nn.Identity(), torch.device("cpu"), Processes())
    said = []
    for at, batch in enumerate(batches(steps)):
        step.begin(at, 1.0)
        found = backward(network, [batch], square, Processes(), step.scale)
        step.add(found.loss)
        said.append(step.end(at))
    return network, first, said


def batches(count: int) -> Tensor:
    return torch.randn(count, 4, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def square(vectors: Tensor) -> Tensor:
    return vectors.square().sum()


def gradient(weight: Tensor, batch: Tensor) -> Tensor:
    """Of ‖X Wᵀ‖²: 2 W Xᵀ X."""
    return 2 * weight @ batch.T @ batch


@pytest.mark.parametrize("accumulate", [1, 2, 4])
def test_gradients_of_the_batches_that_are_added_up_are_averaged(accumulate: int) -> None:
    """So that the learning rate means the same for any number of them."""
    network, weight, said = descended(accumulate, 4)
    norms = []
    for at in range(0, 4, accumulate):
        together = batches(4)[at : at + accumulate]
        mean = torch.stack([gradient(weight, batch) for batch in together]).mean(0)
        weight = weight - RATE * mean
        norms.append(float(mean.norm()))
    torch.testing.assert_close(network.pooling.weight.detach(), weight, rtol=1e-6, atol=1e-9)
    assert [norm is None for norm in said] == [(at + 1) % accumulate > 0 for at in range(4)]
    assert [norm for norm in said if norm is not None] == pytest.approx(norms, rel=1e-6)


def test_the_gradient_is_clipped_to_its_limit() -> None:
    network, weight, said = descended(1, 1, clip_norm=0.1)
    whole = gradient(weight, batches(1)[0])
    moved = weight - RATE * 0.1 * whole / whole.norm()
    torch.testing.assert_close(network.pooling.weight.detach(), moved, rtol=1e-5, atol=1e-7)
    assert said == pytest.approx([float(whole.norm())], rel=1e-6)
