"""Where the trainer's batches come from, and when the descriptors used for mining are recomputed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from placeprint.arrays import Float32, Int64
from placeprint.errors import PlaceprintError
from placeprint.training.batch import Batch
from placeprint.training.images.inputs import Inputs, describe_rows
from placeprint.training.mining.descriptor_cache import DescriptorCache
from placeprint.training.mining.refresh import RefreshSchedule
from placeprint.training.mining.tuple_batch import TupleBatch
from placeprint.training.mining.tuple_sampler import TupleSampler
from placeprint.training.optimization.processes import Processes

Describe = Callable[[Tensor], Tensor]


B = TypeVar("B", bound=Batch, covariant=True)


class Sampling(Protocol[B]):
    """Batches of an epoch from any step on; the same batches for the same descriptors and state."""

    @property
    def steps(self) -> int:
        """Batches per epoch."""

    def batches(self, epoch: int, start: int) -> Iterator[B]:
        """The batches of an epoch from step `start` on."""

    def interval(self, drops: int) -> int | None:
        """Queries between two refreshes; None if nothing is refreshed."""
        ...

    def due(self, queries_since: int, drops: int, epoch_ended: bool) -> bool:
        """Whether to refresh now, `queries_since` training queries after the last refresh."""

    def refresh(self, step: int, inputs: Inputs, describe: Describe, processes: Processes) -> None:
        """Recompute what mining needs with the network at `step`."""

    def state(self) -> dict[str, NDArray[Any]]:
        """What a checkpoint needs in order to resume exactly."""

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Continue from a `state`."""


class Sampler(Protocol[B]):
    """The batches of an epoch from any step on, independent of the network."""

    @property
    def steps(self) -> int:
        """Batches per epoch."""

    def epoch(self, epoch: int, start: int = 0) -> Iterator[B]:
        """The batches of an epoch from step `start` on."""


@dataclass
class UnminedSampling(Generic[B]):
    """Nothing is mined: the images of a batch are each other's negatives."""

    sampler_of: Callable[[int], Sampler[B]]
    """The sampler of an epoch: views may differ between epochs."""

    @property
    def steps(self) -> int:
        """See `Sampling.steps`."""
        return self.sampler_of(0).steps

    def batches(self, epoch: int, start: int) -> Iterator[B]:
        """See `Sampling.batches`."""
        return self.sampler_of(epoch).epoch(epoch, start)

    def interval(self, drops: int) -> int | None:
        """See `Sampling.interval`."""
        return None

    def due(self, queries_since: int, drops: int, epoch_ended: bool) -> bool:
        """See `Sampling.due`."""
        return False

    def refresh(self, step: int, inputs: Inputs, describe: Describe, processes: Processes) -> None:
        """See `Sampling.refresh`; nothing to do."""
        return

    def state(self) -> dict[str, NDArray[Any]]:
        """See `Sampling.state`."""
        return {}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """See `Sampling.restore`."""
        return


@dataclass
class NearPairSampling(UnminedSampling[B]):
    """Pairs that the network, before its first step, finds similar: described once, into `cache`."""

    cache: DescriptorCache
    run: str
    quiet: bool = False

    def refresh(self, step: int, inputs: Inputs, describe: Describe, processes: Processes) -> None:
        """See `Sampling.refresh`."""
        fill_by(self.cache, f"{self.run}@{step}", inputs, describe, processes, self.quiet)


@dataclass
class TupleSampling:
    """Tuples mined by the descriptors in `cache`, database rows first and then the queries.

    The cache is filled by process 0 while the others wait, so that they share one file. `run` names what
    describes: together with the step it identifies one filling of the cache.
    """

    sampler: TupleSampler
    cache: DescriptorCache
    schedule: RefreshSchedule
    run: str
    quiet: bool = False
    filled_at: int = -1

    @property
    def steps(self) -> int:
        """See `Sampling.steps`."""
        return self.sampler.steps

    def batches(self, epoch: int, start: int) -> Iterator[TupleBatch]:
        """Raises PlaceprintError if the cache is not the one the run continued with."""
        if self.cache.fingerprint != f"{self.run}@{self.filled_at}":
            raise PlaceprintError(
                f"{self.cache.folder} does not hold the descriptors of step {self.filled_at}",
                "Restore the whole run folder, or start again",
            )
        return self.sampler.epoch(epoch, start)

    def interval(self, drops: int) -> int | None:
        """See `Sampling.interval`."""
        return self.schedule.interval(drops)

    def due(self, queries_since: int, drops: int, epoch_ended: bool) -> bool:
        """See `Sampling.due`."""
        return self.schedule.due(queries_since, drops, epoch_ended)

    def refresh(self, step: int, inputs: Inputs, describe: Describe, processes: Processes) -> None:
        """See `Sampling.refresh`."""
        fill_by(self.cache, f"{self.run}@{step}", inputs, describe, processes, self.quiet)
        self.filled_at = step

    def state(self) -> dict[str, NDArray[Any]]:
        """See `Sampling.state`."""
        return {"remembered": self.sampler.miner.remembered, "filled_at": np.array(self.filled_at)}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """See `Sampling.restore`."""
        self.filled_at = int(state["filled_at"])
        self.sampler.miner.remember(state["remembered"])
        self.cache.reopen(f"{self.run}@{self.filled_at}")


def fill_by(
    cache: DescriptorCache,
    fingerprint: str,
    inputs: Inputs,
    describe: Describe,
    processes: Processes,
    quiet: bool,
) -> None:
    """Let the first process describe all images while the others wait."""

    def rows_to_vectors(rows: Int64) -> Float32:
        return describe_rows(inputs, rows.tolist(), None, describe, cache.dim)

    if processes.first:
        cache.fill(fingerprint, rows_to_vectors, "Describing for mining", quiet)
    processes.barrier()
    cache.reopen()
