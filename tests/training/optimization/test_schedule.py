"""Optimizers against the papers' update rules, schedules against their closed forms."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from placeprint.training.config import OptimiserSpec, ScheduleSpec
from placeprint.training.optimization.schedule import build_optimizer, drops, rate_factor, set_rates


def parameter(*values: float, trained: bool = True) -> nn.Parameter:
    return nn.Parameter(torch.tensor(values, dtype=torch.float64), requires_grad=trained)


def test_sgd_is_the_rule_of_netvlad_and_sare() -> None:
    """v <- 0.9 v - lr (wd w + g), w <- w + v, written with a rate that is constant."""
    spec = OptimiserSpec(lr=0.1, momentum=0.9, weight_decay=0.01)
    weight = parameter(1.0, -2.0)
    optimizer = build_optimizer(spec, {"backbone": [weight]})
    w, v = np.array([1.0, -2.0]), np.zeros(2)
    for g in np.random.default_rng(0).normal(size=(5, 2)):
        weight.grad = torch.from_numpy(g)
        optimizer.step()
        v = 0.9 * v - 0.1 * (0.01 * w + g)
        w = w + v
        np.testing.assert_allclose(weight.detach().numpy(), w, rtol=1e-12)


def test_adamw_decays_apart_from_the_gradient() -> None:
    spec = OptimiserSpec(kind="adamw", lr=0.1, weight_decay=0.5)
    weight = parameter(4.0)
    optimizer = build_optimizer(spec, {"pooling": [weight]})
    weight.grad = torch.tensor([3.0], dtype=torch.float64)
    optimizer.step()
    # The first step of Adam is lr · sign(g); the decay is lr · wd · w.
    assert weight.item() == pytest.approx(4.0 - 0.1 * 0.5 * 4.0 - 0.1, abs=1e-8)


def test_groups_have_their_own_rates_and_frozen_parameters_none() -> None:
    spec = OptimiserSpec(lr=1.0, pooling_lr=2.0, linear_lr=3.0)
    groups = {
        "backbone": [parameter(0.0), parameter(0.0, trained=False)],
        "pooling": [parameter(0.0)],
        "linear": [parameter(0.0)],
        "loss": [parameter(0.0, trained=False)],
    }
    optimizer = build_optimizer(spec, groups)
    for factor in (0.5, 0.5, 0.25):  # of the first rate, not of the last
        set_rates(optimizer, factor)
        found = {group["name"]: (group["lr"], len(group["params"])) for group in optimizer.param_groups}
        assert found == {"backbone": (factor, 1), "pooling": (2 * factor, 1), "linear": (3 * factor, 1)}
    resumed = build_optimizer(spec, groups)
    resumed.load_state_dict(optimizer.state_dict())
    set_rates(resumed, 0.1)
    assert [group["lr"] for group in resumed.param_groups] == pytest.approx([0.1, 0.2, 0.3])


def test_schedules() -> None:
    step = ScheduleSpec(kind="step", epochs=5, factor=0.5)
    assert [rate_factor(step, s, 10, 30) for s in (0, 49, 50, 99, 100, 299)] == [1, 1, 0.5, 0.5, 0.25, 0.5**5]
    assert [drops(step, epoch) for epoch in (0, 4, 5, 29)] == [0, 0, 1, 5]
    cosine = ScheduleSpec(kind="cosine")
    for s in range(300):
        assert rate_factor(cosine, s, 10, 30) == pytest.approx((1 + math.cos(math.pi * s / 300)) / 2)
    assert drops(cosine, 20) == 0
    warm = ScheduleSpec(kind="constant", warmup=4)
    assert [rate_factor(warm, s, 10, 1) for s in range(6)] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1, 1])
    both = ScheduleSpec(kind="cosine", warmup=1)
    assert rate_factor(both, 0, 4, 1) == 0.5
    assert rate_factor(both, 2, 4, 1) == pytest.approx(0.5)
