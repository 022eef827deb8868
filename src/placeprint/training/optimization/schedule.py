"""Optimizer and learning rate of a recipe."""

from collections.abc import Mapping, Sequence
from math import cos, pi

import torch
from torch import nn

from placeprint.training.config import OptimiserSpec, ScheduleSpec

Groups = Mapping[str, Sequence[nn.Parameter]]


def build_optimizer(spec: OptimiserSpec, groups: Groups) -> torch.optim.Optimizer:
    """`groups`: the parameters of "backbone", "pooling", "linear" and "loss"; only those with gradients are
    used.

    SGD: v ← momentum · v + g + weight_decay · w; w ← w − lr · v, with decay on biases too, as in NetVLAD and
    SARE. AdamW: decoupled decay (Loshchilov and Hutter, ICLR 2019).
    """
    rates = {"pooling": spec.pooling_lr, "linear": spec.linear_lr, "loss": spec.loss_lr}
    parts = [
        {"params": trained, "lr": rates.get(name) or spec.lr, "name": name}
        for name, parameters in groups.items()
        if (trained := [p for p in parameters if p.requires_grad])
    ]
    if spec.kind == "adamw":
        return torch.optim.AdamW(parts, spec.lr, weight_decay=spec.weight_decay)
    return torch.optim.SGD(parts, spec.lr, spec.momentum, weight_decay=spec.weight_decay)


def rate_factor(spec: ScheduleSpec, step: int, steps_per_epoch: int, epochs: int) -> float:
    """The factor for the learning rates at `step`, counted from 0."""
    rise = min(1.0, (step + 1) / (spec.warmup + 1))
    if spec.kind == "step":
        return float(rise * spec.factor ** drops(spec, step // steps_per_epoch))
    if spec.kind == "cosine":
        return rise * 0.5 * (1 + cos(pi * min(1.0, step / (steps_per_epoch * epochs))))
    return rise


def drops(spec: ScheduleSpec, epoch: int) -> int:
    """How often the learning rate has dropped before `epoch`: mining intervals grow with it."""
    return epoch // spec.epochs if spec.kind == "step" else 0


def set_rates(optimizer: torch.optim.Optimizer, factor: float) -> None:
    """Each group's own rate times `factor`."""
    for group in optimizer.param_groups:
        group.setdefault("first_lr", group["lr"])
        group["lr"] = group["first_lr"] * factor
