"""Gradients of a loss over many images in little memory, on one process or several."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from placeprint.networks.pooling.unit_vectors import wide
from placeprint.training.optimization.processes import Processes

Forward = Callable[[Tensor], Tensor]
Loss = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Embedded:
    """The loss of a step, and the vectors (m, d) of the images it was computed from."""

    loss: Tensor
    vectors: Tensor


def backward(
    forward: Forward,
    inputs: Sequence[Tensor],
    loss: Loss,
    processes: Processes,
    scale: float = 1.0,
) -> Embedded:
    """Add the gradient of `scale` · loss(forward(images)) to the parameters behind `forward`.

    `inputs`: this process's share of the images of the step, in chunks of equal-sized images, as they go
    through the network. With one chunk, this is the plain forward and backward pass. With more, the gradient
    is cached (Gao et al., RepL4NLP 2021): every chunk is described without a graph, the loss gives the
    gradient of each vector, and every chunk is run again to propagate it. Memory is that of one chunk, the
    price one more forward pass, the gradient the same. This needs a network without randomness and without
    batch statistics.

    Processes share the vectors, so that each of them computes the loss of the whole batch, and then add their
    gradients: the result is that of a single process. `loss` takes the vectors of all images, those of the
    first process first. Parameters of the loss itself get the same gradient everywhere.
    """
    direct = len(inputs) == 1
    with torch.set_grad_enabled(direct):
        outputs = [forward(chunk) for chunk in inputs]
    local = torch.cat([wide(out.detach()) for out in outputs]) if outputs else None
    vectors, mine = processes.gather(local)
    vectors.requires_grad_(True)
    value = loss(vectors)
    (scale * value).backward()  # type: ignore[no-untyped-call]
    gradient = vectors.grad if vectors.grad is not None else torch.zeros_like(vectors)
    shares = torch.split(gradient[mine], [len(out) for out in outputs]) if outputs else ()
    for chunk, out, share in zip(inputs, outputs, shares, strict=True):
        again = out if direct else forward(chunk)
        again.backward(share.to(again.dtype))  # type: ignore[no-untyped-call]
    return Embedded(value.detach(), vectors.detach())


def add_gradients(parameters: Sequence[nn.Parameter], processes: Processes) -> None:
    """Sum the gradients of all processes, in place."""
    if processes.count == 1 or not parameters:
        return
    flat = torch.cat([(p.grad if p.grad is not None else torch.zeros_like(p)).flatten() for p in parameters])
    processes.all_reduce(flat)
    start = 0
    for parameter in parameters:
        part = flat[start : start + parameter.numel()].view_as(parameter)
        start += parameter.numel()
        if parameter.grad is None:
            parameter.grad = part.clone()
        else:
            parameter.grad.copy_(part)
