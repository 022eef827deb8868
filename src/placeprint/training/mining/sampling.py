"""Where the trainer's batches come from, and when what they are mined by is computed anew."""

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
    """Batches of an epoch from any step on; the same ones for the same descriptors and state."""

    @property
    def steps(self) -> int: ...
    def batches(self, epoch: int, start: int) -> Iterator[B]: ...
    def interval(self, drops: int) -> int | None:
        """Queries between two refreshes; None where nothing is refreshed."""
        ...

    def due(self, queries_since: int, drops: int, epoch_ended: bool) -> bool: ...
    def refresh(self, step: int, inputs: Inputs, describe: Describe, processes: Processes) -> None: ...
    def state(self) -> dict[str, NDArray[Any]]: ...
    def restore(self, state: Mapping[str, NDArray[Any]]) -> None: ...


class Sampler(Protocol[B]):
    """The batches of an epoch from any step on, whatever the network is."""

    @property
    def steps(self) -> int: ...
    def epoch(self, epoch: int, start: int = 0) -> Iterator[B]: ...


@dataclass
class UnminedSampling(Generic[B]):
    """Nothing is mined: the images of a batch are each other's negatives."""

    sampler_of: Callable[[int], Sampler[B]]
    """The sampler of an epoch: its views may be others."""

    @property
    def steps(self) -> int:
        return self.sampler_of(0).steps

    def batches(self, epoch: int, start: int) -> Iterator[B]:
        return self.sampler_of(epoch).epoch(epoch, start)

    def interval(self, drops: int) -> int | None:
        return None

    def due(self, queries_since: int, drops: int, epoch_ended: bool) -> bool:
        return False

    def refresh(self, step: int, inputs: Inputs, describe: Describe, processes: Processes) -> None:
        return None

    def state(self) -> dict[str, NDArray[Any]]:
        return {}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        return None


@dataclass
class NearPairSampling(UnminedSampling[B]):
    """Pairs that are alike to the network as it was before its first step: described once, into `cache`."""

    cache: DescriptorCache
    run: str
    quiet: bool = False

    def refresh(self, step: int, inputs: Inputs, describe: Describe, processes: Processes) -> None:
        fill_by(self.cache, f"{self.run}@{step}", inputs, describe, processes, self.quiet)


@dataclass
class TupleSampling:
    """Tuples mined by the descriptors in `cache`, database rows first and then the queries.

    The cache is filled by process 0 while the others wait, so that they share one file. `run` names what
    describes: with the step it tells one filling of the cache from another.
    """

    sampler: TupleSampler
    cache: DescriptorCache
    schedule: RefreshSchedule
    run: str
    quiet: bool = False
    filled_at: int = -1

    @property
    def steps(self) -> int:
        return self.sampler.steps

    def batches(self, epoch: int, start: int) -> Iterator[TupleBatch]:
        """Raises PlaceprintError where the cache is not the one that the run went on with."""
        if self.cache.fingerprint != f"{self.run}@{self.filled_at}":
            raise PlaceprintError(
                f"{self.cache.folder} does not hold the descriptors of step {self.filled_at}",
                "Restore the whole run folder, or start anew",
            )
        return self.sampler.epoch(epoch, start)

    def interval(self, drops: int) -> int | None:
        return self.schedule.interval(drops)

    def due(self, queries_since: int, drops: int, epoch_ended: bool) -> bool:
        return self.schedule.due(queries_since, drops, epoch_ended)

    def refresh(self, step: int, inputs: Inputs, describe: Describe, processes: Processes) -> None:
        fill_by(self.cache, f"{self.run}@{step}", inputs, describe, processes, self.quiet)
        self.filled_at = step

    def state(self) -> dict[str, NDArray[Any]]:
        return {"remembered": self.sampler.miner.remembered, "filled_at": np.array(self.filled_at)}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
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
    """Have the first process describe all images while the others wait."""

    def rows_to_vectors(rows: Int64) -> Float32:
        return describe_rows(inputs, rows.tolist(), None, describe, cache.dim)

    if processes.first:
        cache.fill(fingerprint, rows_to_vectors, "Describing for mining", quiet)
    processes.barrier()
    cache.reopen()
