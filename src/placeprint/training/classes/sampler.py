"""Batches of several photos each from several classes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from placeprint.arrays import Int64

CLASSES = 7
"""Identifies the stream of random numbers that chooses classes and photos."""


@dataclass(frozen=True, eq=False)
class ClassBatch:
    """`images` (m,): what the image source loads; `labels` (m,): their classes."""

    images: Sequence[Any]
    labels: Int64

    def __post_init__(self) -> None:
        if self.labels.shape != (len(self.images),):
            raise ValueError(f"labels {self.labels.shape} do not match {len(self.images)} images")

    def __len__(self) -> int:
        """Photos; 0 where fewer than two classes are left, or no two photos share one: there is no loss."""
        classes, counts = np.unique(self.labels, return_counts=True)
        return len(self.labels) if len(classes) > 1 and counts.max() > 1 else 0

    def without(self, bad: Int64) -> "ClassBatch":
        """The batch without these of its images."""
        kept = np.setdiff1d(np.arange(len(self.images)), bad)
        return ClassBatch([self.images[i] for i in kept], self.labels[kept])


class ClassSampler:
    """Batches of `classes` random classes with `per_class` random photos each, without repetitions in a
    batch.

    `labels` (n,): the class of each photo. Classes with fewer than `per_class` photos are left out; all
    others are equally likely, however many photos they have. An epoch has as many steps as it takes to draw
    as many photos as there are, at least one. If there are fewer classes, a batch contains all of them.

    What is drawn depends only on (seed, epoch, step): nothing is remembered, and `epoch(epoch, start)`
    resumes exactly. Two losses with the same seed see the same batches. Raises `ValueError` for fewer than
    two photos per class or two classes per batch.
    """

    def __init__(self, labels: Int64, classes: int, per_class: int, seed: int = 0) -> None:
        if classes < 2 or per_class < 2:
            raise ValueError(f"{classes} classes of {per_class} photos give no positive and negative pairs")
        self.labels, self.per_class, self.seed = labels, per_class, seed
        found = [np.flatnonzero(labels == label) for label in np.unique(labels)]
        self.photos = [rows for rows in found if len(rows) >= per_class]
        self.classes = min(classes, len(self.photos))
        usable = sum(len(rows) for rows in self.photos)
        self.steps = max(1, usable // (self.classes * per_class)) if self.classes > 1 else 0

    def epoch(self, epoch: int, start: int = 0) -> Iterator[ClassBatch]:
        """The batches of an epoch from step `start` on."""
        for step in range(start, self.steps):
            stream = np.random.SeedSequence([self.seed, epoch, step], spawn_key=(CLASSES,))
            rng = np.random.default_rng(stream)
            chosen = rng.choice(len(self.photos), self.classes, replace=False)
            drawn = [rng.choice(self.photos[c], self.per_class, replace=False) for c in chosen]
            rows = np.concatenate(drawn)
            yield ClassBatch(rows.tolist(), self.labels[rows])
