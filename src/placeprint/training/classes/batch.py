"""A batch of photos with class labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from placeprint.arrays import Int64


@dataclass(frozen=True, eq=False)
class ClassBatch:
    """`images` (m,): what the image source loads; `labels` (m,): their classes."""

    images: Sequence[Any]
    labels: Int64

    def __post_init__(self) -> None:
        if self.labels.shape != (len(self.images),):
            raise ValueError(f"labels {self.labels.shape} do not match {len(self.images)} images")

    def __len__(self) -> int:
        """Photos; 0, as there is no loss, if fewer than two classes are left or no two photos share one."""
        classes, counts = np.unique(self.labels, return_counts=True)
        return len(self.labels) if len(classes) > 1 and counts.max() > 1 else 0

    def without(self, bad: Int64) -> "ClassBatch":
        """The batch without these of its images."""
        kept = np.setdiff1d(np.arange(len(self.images)), bad)
        return ClassBatch([self.images[i] for i in kept], self.labels[kept])
