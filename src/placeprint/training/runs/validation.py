"""Recall during training, on the validation split alone."""

from collections.abc import Callable
from dataclasses import dataclass

from placeprint.arrays import Float32, nearest_rows
from placeprint.datasets import PlaceDataset
from placeprint.metrics import recall_at

NS = (1, 5, 10, 20)
POSITIVE_WITHIN = 25.0


@dataclass(frozen=True)
class Validation:
    """`describe()` returns the current vectors of the database photos and then of the queries, with zeros for
    unreadable ones; a database photo within 25 m is right. A query without any counts as a failure.
    """

    dataset: PlaceDataset
    describe: Callable[[], Float32]

    def __call__(self) -> dict[int, float]:
        """{N: recall@N in percent}."""
        vectors = self.describe()
        split = len(self.dataset.database)
        _, ranked = nearest_rows(vectors[split:], vectors[:split], max(NS))
        found = recall_at(list(ranked), self.dataset.within(POSITIVE_WITHIN), NS)
        return {n: round(100 * share, 2) for n, share in found.items()}


def better(recalls: dict[int, float], best: dict[int, float] | None, select_by: int) -> bool:
    """Whether to keep these recalls: compares the one at `select_by` first, then those at 1, 5, 10 and so on.
    Ties go to the earlier network.
    """
    if best is None:
        return True
    order = (select_by, *sorted(recalls))
    return [recalls[n] for n in order] > [best[n] for n in order]
