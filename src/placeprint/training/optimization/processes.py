"""The processes that train together: a single one, or those started by torchrun."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import torch
from torch import Tensor, distributed

T = TypeVar("T")


@dataclass(frozen=True)
class Processes:
    """`rank` of `count` processes; the first writes the files of the run."""

    rank: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        """Whether this is the first process."""
        return self.rank == 0

    def share(self, total: int) -> slice:
        """The images of a step described by this process: consecutive ones, divided as evenly as possible."""
        return slice(self.rank * total // self.count, (self.rank + 1) * total // self.count)

    def gather(self, local: Tensor | None) -> tuple[Tensor, slice]:
        """The rows of all processes in order of rank, and the slice of this process's own."""
        if self.count == 1:
            if local is None:
                raise ValueError("a step without images")
            return local.clone(), slice(0, len(local))
        shapes: list[tuple[int, int]] = [(0, 0)] * self.count
        distributed.all_gather_object(shapes, (0, 0) if local is None else tuple(local.shape))
        width = max(shape[1] for shape in shapes)
        mine = torch.zeros(max(shape[0] for shape in shapes), width, device=_device())
        if local is not None:
            mine[: len(local)] = local
        parts = [torch.empty_like(mine) for _ in shapes]
        distributed.all_gather(parts, mine)
        start = sum(shape[0] for shape in shapes[: self.rank])
        rows = torch.cat([part[: shape[0]] for part, shape in zip(parts, shapes, strict=True)])
        return rows.to(local.device) if local is not None else rows, slice(
            start, start + shapes[self.rank][0]
        )

    def all_reduce(self, tensor: Tensor) -> None:
        """Add the tensors of all processes, in place."""
        if self.count > 1:
            distributed.all_reduce(tensor)

    def union(self, numbers: Sequence[int]) -> set[int]:
        """The numbers named by any process."""
        if self.count == 1:
            return set(numbers)
        told: list[Sequence[int]] = [[] for _ in range(self.count)]
        distributed.all_gather_object(told, list(numbers))
        return {number for each in told for number in each}

    def broadcast(self, found: T) -> T:
        """The value of the first process; those of the others are ignored."""
        if self.count == 1:
            return found
        box = [found]
        distributed.broadcast_object_list(box, 0)
        return box[0]

    def broadcast_tensors(self, tensors: Iterable[Tensor]) -> None:
        """Replace the tensors of all processes by those of the first, in place."""
        if self.count == 1:
            return
        for tensor in tensors:
            whole = tensor.detach().contiguous()
            distributed.broadcast(whole, 0)
            tensor.detach().copy_(whole)

    def barrier(self) -> None:
        """Wait until all processes are here."""
        if self.count > 1:
            distributed.barrier()


PATIENCE = timedelta(hours=24)
"""The others wait while the first validates or describes; torchrun handles a process that dies."""


def _device() -> torch.device:
    """The device of the backend's tensors."""
    return torch.device("cuda" if distributed.get_backend() == "nccl" else "cpu")


@contextmanager
def started_by_torchrun() -> Iterator[Processes]:
    """The group `torchrun` requests by its environment, NCCL on GPUs and gloo elsewhere; else one process."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield Processes()
        return
    rank = int(os.environ["RANK"])
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
        distributed.init_process_group("nccl", timeout=PATIENCE)
    else:
        distributed.init_process_group("gloo", timeout=PATIENCE)
    try:
        yield Processes(rank, count)
    finally:
        distributed.destroy_process_group()
