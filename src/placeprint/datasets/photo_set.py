"""Photos in a fixed order, with the columns published beside them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Bool, Float64, Int64
from placeprint.photos import PhotoRecord


@dataclass(frozen=True, eq=False)
class PhotoSet(Sequence[PhotoRecord]):
    """One side of a data set: its database or its queries. A column is None if it is not known.

    The order is that of the original lists: ids are row numbers, and they break ties.

    - `meters` (n, 2): east and north as given by the authors (UTM of one zone, or a local frame). If they
    exist, distances are Euclidean in them, as in the published protocols.
    - `frames` (n,): frame number in a traverse; the same place has the same number.
    - `labels` (n,): the object or place that the photo shows, as text; "" if it shows none.
    - `stamps` (n,): the time stamp as text, compared for equality only.
    - `regions` (n,): the part (a city) within which a query is searched.
    - `boxes` (n, 4): the region of interest in pixels, left, top, right, bottom.
    - `distractors` (n,): photos that show none of the places; nothing else is known about them.
    """

    photos: Sequence[PhotoRecord] = field(default_factory=list)
    meters: Float64 | None = None
    frames: Int64 | None = None
    labels: NDArray[np.str_] | None = None
    stamps: NDArray[np.str_] | None = None
    regions: NDArray[np.str_] | None = None
    boxes: Float64 | None = None
    distractors: Bool | None = None

    def __repr__(self) -> str:
        columns = ", ".join(name for name, column in self.columns().items() if column is not None)
        return f"PhotoSet({len(self):,} photos{f'; {columns}' if columns else ''})"

    def __post_init__(self) -> None:
        for name, column in self.columns().items():
            if len(column) != len(self.photos):
                raise ValueError(f"{name}: {len(column)} rows do not match {len(self.photos)} photos")

    def __len__(self) -> int:
        return len(self.photos)

    def __iter__(self) -> Iterator[PhotoRecord]:
        return iter(self.photos)

    @overload
    def __getitem__(self, index: int) -> PhotoRecord: ...
    @overload
    def __getitem__(self, index: slice) -> "PhotoSet": ...
    def __getitem__(self, index: int | slice) -> "PhotoRecord | PhotoSet":
        if isinstance(index, slice):
            return self.take(np.arange(len(self))[index])
        return self.photos[index]

    def columns(self) -> dict[str, NDArray[Any]]:
        """The columns that exist, by name."""
        named = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "photos"}
        return {name: column for name, column in named.items() if column is not None}

    def take(self, rows: NDArray[np.integer[Any]]) -> "PhotoSet":
        """These rows, in this order."""
        chosen = {name: column[rows] for name, column in self.columns().items()}
        return replace(self, photos=[self.photos[row] for row in rows], **chosen)
