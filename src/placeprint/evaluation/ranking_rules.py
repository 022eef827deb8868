"""A protocol's rules for which answers to a query are kept: exclusions, non-maximum suppression."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Int64
from placeprint.datasets import PlaceDataset, Protocol
from placeprint.errors import PlaceprintError


class RankingRules:
    """Which answers to a query are kept. Photos that could not be read are never an answer."""

    def __init__(self, dataset: PlaceDataset, protocol: Protocol, unreadable: Sequence[int] = ()) -> None:
        self.limited = protocol.fetch is not None
        self._fetch = protocol.fetch
        self._groups = _groups(dataset, protocol)
        self._banned = np.zeros(len(dataset.database), np.bool_)
        self._banned[list(unreadable)] = True
        self._itself = protocol.own(dataset)
        self._stamps = _stamps(dataset) if "same-stamp" in protocol.leave_out else None

    def first_fetch(self, depth: int) -> int:
        """How many answers to fetch so that `depth` are likely to be kept."""
        if self._fetch is not None:
            return self._fetch * depth
        spare = int(self._banned.sum()) + max((len(rows) for rows in self._itself or ()), default=0)
        return (depth if self._groups is None else 4 * depth) + spare

    def kept(self, query: int, rows: Int64) -> Int64:
        """Positions in `rows`, the database rows best first, of the answers that are kept."""
        stay = ~self._banned[rows]
        if self._itself is not None:
            stay &= ~np.isin(rows, self._itself[query])
        if self._stamps is not None:
            stored, asked = self._stamps
            stay &= stored[rows] != asked[query]
        kept = np.flatnonzero(stay)
        if self._groups is not None:
            _, first = np.unique(self._groups[rows[kept]], return_index=True)
            kept = kept[np.sort(first)]
        return kept


def _groups(dataset: PlaceDataset, protocol: Protocol) -> Int64 | None:
    """A number for each database photo; only the best answer with each number is kept."""
    if protocol.suppression is None:
        return None
    if protocol.suppression.size is not None:
        return np.arange(len(dataset.database)) // protocol.suppression.size
    numbers: dict[str, int] = {}
    return np.array(
        [
            -1 - row if photo.panorama is None else numbers.setdefault(photo.panorama, len(numbers))
            for row, photo in enumerate(dataset.database)
        ],
        np.int64,
    )


def _stamps(dataset: PlaceDataset) -> tuple[NDArray[np.str_], NDArray[np.str_]]:
    stored, asked = dataset.database.stamps, dataset.queries.stamps
    if stored is None or asked is None:
        raise PlaceprintError(
            f"{dataset.name} has no time stamps", "Choose a protocol that suits this data set"
        )
    return stored, asked
