"""Groups of images that show one place: by cells and headings, by names, or by weak labels."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from placeprint.training.weak_labels import Ids, WeakLabels

GROUPS = 4
"""Marks the stream of random numbers that draws groups."""


def cells(
    metres: NDArray[np.float64],
    side: float = 7.0,
    headings: NDArray[np.float64] | None = None,
    sectors: int = 12,
) -> list[Ids]:
    """Rows by square cell of `side` metres, and where `headings` (n,) in degrees are given, by `sectors`
    sectors of the compass too (CosPlace, Berton et al., CVPR 2022, Sec. 3.2: 10 m and 30°).

    `metres` (n, 2). With the default of 7 m, two photos of a cell are never 10 m apart, so that each is a
    potential positive of the other. Cells come in the order of their coordinates, rows ascending.
    """
    keys = np.floor(metres / side)
    if headings is not None:
        keys = np.column_stack([keys, np.floor(headings % 360.0 / (360.0 / sectors))])
    if not len(keys):
        return []
    numbers = np.unique(keys, axis=0, return_inverse=True)[1].ravel()
    return np.split(np.argsort(numbers, kind="stable"), np.cumsum(np.bincount(numbers))[:-1])


def same_name(names: Sequence[str | None]) -> list[Ids]:
    """Rows by name (of a panorama, a label), in the order of the names; rows without one are left out."""
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(names):
        if name:
            rows.setdefault(name, []).append(row)
    return [np.array(rows[name], np.int64) for name in sorted(rows)]


def drawn_groups(labels: WeakLabels, views: int, seed: int, epoch: int) -> list[Ids]:
    """Disjoint groups of an image and `views` - 1 of its potential positives, drawn anew each epoch.

    The images of one list come in random order; each that is still free takes so many free potential
    positives at random. One with fewer is in no group this time, unless another takes it. For pairs of
    photos without the borders of cells.
    """
    rng = np.random.default_rng(np.random.SeedSequence([seed, epoch], spawn_key=(GROUPS,)))
    free = np.ones(labels.database_size, np.bool_)
    groups = []
    for image in rng.permutation(labels.with_positives).tolist():
        near = labels.positives[image]
        near = near[free[near]]
        if free[image] and len(near) >= views - 1:
            group = np.concatenate([[image], rng.choice(near, views - 1, replace=False)])
            free[group] = False
            groups.append(group)
    return groups
