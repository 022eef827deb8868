"""A batch of training tuples: the images, and which of them are queries, positives and negatives."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from placeprint.arrays import Bool, Int64


@dataclass(frozen=True, eq=False)
class TupleBatch:
    """b tuples over m images; an image may belong to several tuples and is described once.

    `images` (m,): what the image source loads (rows of a photo list, views of a panorama). `query`,
    `positive` (b,) and `negatives` (b, n) are rows of `images`; where `mask` (b, n) is False, the tuple has
    no such negative (and its row in `negatives` is any valid one).
    """

    images: Sequence[Any]
    query: Int64
    positive: Int64
    negatives: Int64
    mask: Bool

    def __post_init__(self) -> None:
        b = len(self.query)
        if self.positive.shape != (b,) or self.negatives.shape != self.mask.shape or len(self.mask) != b:
            raise ValueError("query (b,), positive (b,), negatives (b, n) and mask (b, n) do not match")
        rows = np.concatenate([self.query, self.positive, self.negatives.ravel()])
        if len(rows) and not 0 <= rows.min() <= rows.max() < len(self.images):
            raise ValueError(f"rows {rows.min()} to {rows.max()} of {len(self.images)} images")

    def __len__(self) -> int:
        return len(self.query)

    def without(self, bad: Int64) -> Self:
        """The batch without these of its images: tuples whose query or positive is among them are removed,
        and as negatives or difficult positives they are masked out.
        """
        return replace(self, **self._left(bad))

    def _left(self, bad: Int64) -> dict[str, Any]:
        kept, new, whole = self._renumbered(bad)
        return {
            "images": [self.images[i] for i in kept],
            "query": new[self.query[whole]],
            "positive": new[self.positive[whole]],
            "negatives": new[self.negatives[whole]],
            "mask": self.mask[whole] & ~np.isin(self.negatives[whole], bad),
        }

    def _renumbered(self, bad: Int64) -> tuple[Int64, Int64, Bool]:
        """The images that remain, the new row of each, and which tuples remain."""
        kept = np.setdiff1d(np.arange(len(self.images)), bad)
        new = np.zeros(len(self.images), np.int64)
        new[kept] = np.arange(len(kept))
        return kept, new, ~(np.isin(self.query, bad) | np.isin(self.positive, bad))


@dataclass(frozen=True, eq=False)
class DifficultBatch(TupleBatch):
    """With difficult positives (SFRS): `difficult` (b, p) are rows of `images`, valid where `difficult_mask`
    (b, p) is True; the other rows are any valid ones.
    """

    difficult: Int64
    difficult_mask: Bool

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.difficult.shape != self.difficult_mask.shape or len(self.difficult) != len(self):
            raise ValueError("difficult and difficult_mask (b, p) do not match")
        if self.difficult.size and not 0 <= self.difficult.min() <= self.difficult.max() < len(self.images):
            raise ValueError(f"difficult positives beyond the {len(self.images)} images")

    def _left(self, bad: Int64) -> dict[str, Any]:
        _, new, whole = self._renumbered(bad)
        difficult, mask = self.difficult[whole], self.difficult_mask[whole]
        counted = {"difficult_mask": mask & ~np.isin(difficult, bad)}
        return super()._left(bad) | {"difficult": new[difficult]} | counted


def with_difficult(batch: TupleBatch, difficult: Int64) -> DifficultBatch:
    """`batch`, whose `images` are numbers, with the images `difficult` (b, p) of its tuples, −1 where there
    is none. Each image appears once, in ascending order.
    """
    images, mask = np.asarray(batch.images, np.int64), difficult >= 0
    filled = np.where(mask, difficult, images[batch.query][:, None])
    every, where = np.unique(np.concatenate([images, filled.ravel()]), return_inverse=True)
    old, new = np.split(where.astype(np.int64), [len(images)])
    return DifficultBatch(
        every.tolist(),
        old[batch.query],
        old[batch.positive],
        old[batch.negatives],
        batch.mask,
        new.reshape(mask.shape),
        mask,
    )
