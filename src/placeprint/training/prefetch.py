"""Batches whose images are loaded while the one before is trained on."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from placeprint.training.inputs import Inputs, Loaded
from placeprint.training.processes import Processes
from placeprint.training.tuple_batch import DifficultBatch, TupleBatch


@dataclass(frozen=True, eq=False)
class Ready:
    """A batch without the tuples whose photos cannot be read, and `x`, this process's share of its images."""

    batch: TupleBatch
    x: Tensor
    unreadable: int


def ready_batches(
    batches: Iterator[TupleBatch],
    inputs: Inputs,
    epoch: int,
    processes: Processes,
    on_warning: Callable[[str], None],
) -> Iterator[Ready]:
    """Each batch in turn, the next one being mined and loaded meanwhile. A photo that cannot be read costs
    its own tuples alone, and is said to `on_warning`."""
    with ThreadPoolExecutor(1) as ahead:
        waiting: tuple[TupleBatch, Future[Loaded]] | None = None
        for batch in batches:
            rows = batch.images[processes.share(len(batch.images))]
            loading = (batch, ahead.submit(inputs.load, rows, epoch))
            if waiting is not None:
                yield _ready(*waiting, processes, on_warning)
            waiting = loading
        if waiting is not None:
            yield _ready(*waiting, processes, on_warning)


def _ready(
    batch: TupleBatch, loading: "Future[Loaded]", processes: Processes, on_warning: Callable[[str], None]
) -> Ready:
    loaded = loading.result()
    for error in loaded.unreadable.values():
        on_warning(str(error))
    start = processes.share(len(batch.images)).start
    mine = [start + i for i in loaded.unreadable]
    bad = np.array(sorted(processes.union(mine)), np.int64)
    return Ready(without(batch, bad) if len(bad) else batch, loaded.x, len(bad))


def without(batch: TupleBatch, bad: NDArray[np.int64]) -> TupleBatch:
    """The batch without these of its images: their tuples go, and as negatives or as difficult positives
    they do not count."""
    kept = np.setdiff1d(np.arange(len(batch.images)), bad)
    new = np.zeros(len(batch.images), np.int64)
    new[kept] = np.arange(len(kept))
    whole = ~(np.isin(batch.query, bad) | np.isin(batch.positive, bad))
    left = {
        "images": [batch.images[i] for i in kept],
        "query": new[batch.query[whole]],
        "positive": new[batch.positive[whole]],
        "negatives": new[batch.negatives[whole]],
        "counts": batch.counts[whole] & ~np.isin(batch.negatives[whole], bad),
    }
    if isinstance(batch, DifficultBatch):
        readable = ~np.isin(batch.difficult[whole], bad)
        left["difficult"] = new[batch.difficult[whole]]
        left["difficult_counts"] = batch.difficult_counts[whole] & readable
    return replace(batch, **left)
