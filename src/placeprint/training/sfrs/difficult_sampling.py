"""Batches of tuples with difficult positives (SFRS)."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from placeprint.training.images.inputs import Inputs
from placeprint.training.mining.sampling import Describe, TupleSampling
from placeprint.training.mining.tuple_batch import DifficultBatch, TupleBatch, with_difficult
from placeprint.training.optimization.processes import Processes
from placeprint.training.sfrs.difficult_mining import DifficultMiner


@dataclass(kw_only=True)
class DifficultSampling(TupleSampling):
    """Difficult positives are mined anew at each refresh, by process 0 while the others wait."""

    difficult: DifficultMiner

    def batches(self, epoch: int, start: int) -> Iterator[TupleBatch]:
        """See `Sampling.batches`."""
        plain = super().batches(epoch, start)
        return map(self._with_difficult, plain)

    def refresh(self, step: int, inputs: Inputs, describe: Describe, processes: Processes) -> None:
        """See `Sampling.refresh`."""
        super().refresh(step, inputs, describe, processes)
        if processes.first:
            self.difficult.current(write=True)
        processes.barrier()

    def _with_difficult(self, batch: TupleBatch) -> DifficultBatch:
        labels = self.difficult.labels
        asked = np.asarray(batch.images, np.int64)[batch.query]
        queries = asked if labels.one_list else asked - labels.database_size
        return with_difficult(batch, self.difficult.current()[queries])
