"""A batch of training tuples: the images, and which of them is whose query, positive and negatives."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class TupleBatch:
    """b tuples over m images; an image may serve several tuples and is described once.

    `images` (m,): what the image source loads (rows of a photo list, views of a panorama).
    `query`, `positive` (b,) and `negatives` (b, n) are rows of `images`; where `counts` (b, n) is False
    the tuple has no such negative (its row in `negatives` is then any valid one).
    """

    images: Sequence[Any]
    query: NDArray[np.int64]
    positive: NDArray[np.int64]
    negatives: NDArray[np.int64]
    counts: NDArray[np.bool_]

    def __post_init__(self) -> None:
        b = len(self.query)
        if self.positive.shape != (b,) or self.negatives.shape != self.counts.shape or len(self.counts) != b:
            raise ValueError("query (b,), positive (b,), negatives (b, n) and counts (b, n) do not fit")
        rows = np.concatenate([self.query, self.positive, self.negatives.ravel()])
        if len(rows) and not 0 <= rows.min() <= rows.max() < len(self.images):
            raise ValueError(f"rows {rows.min()} to {rows.max()} of {len(self.images)} images")

    def __len__(self) -> int:
        return len(self.query)
