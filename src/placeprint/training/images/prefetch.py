"""Batches whose images are loaded while the previous batch is trained on."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from placeprint.training.batch import Batch
from placeprint.training.images.inputs import Inputs, Loaded
from placeprint.training.optimization.processes import Processes


@dataclass(frozen=True, eq=False)
class Ready:
    """A batch without the tuples of unreadable photos, and `x`, this process's share of its images."""

    batch: Batch
    x: Tensor
    unreadable: int


def ready_batches(
    batches: Iterator[Batch],
    inputs: Inputs,
    epoch: int,
    processes: Processes,
    on_warning: Callable[[str], None],
) -> Iterator[Ready]:
    """Each batch in turn, while the next one is mined and loaded. An unreadable photo costs only its own
    tuples, and is reported to `on_warning`.
    """
    with ThreadPoolExecutor(1) as ahead:
        waiting: tuple[Batch, Future[Loaded]] | None = None
        for batch in batches:
            rows = batch.images[processes.share(len(batch.images))]
            loading = (batch, ahead.submit(inputs.load, rows, epoch))
            if waiting is not None:
                yield _ready(*waiting, processes, on_warning)
            waiting = loading
        if waiting is not None:
            yield _ready(*waiting, processes, on_warning)


def _ready(
    batch: Batch, loading: "Future[Loaded]", processes: Processes, on_warning: Callable[[str], None]
) -> Ready:
    loaded = loading.result()
    for error in loaded.unreadable.values():
        on_warning(str(error))
    start = processes.share(len(batch.images)).start
    mine = [start + i for i in loaded.unreadable]
    bad = np.array(sorted(processes.union(mine)), np.int64)
    return Ready(batch.without(bad) if len(bad) else batch, loaded.x, len(bad))
