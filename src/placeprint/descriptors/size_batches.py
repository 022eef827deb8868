"""Photos of different sizes, in batches of equal size."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

HELD = 4
"""Batches' worth of photos that may wait for others of their size."""


def size_batches(
    photos: Iterable[NDArray[np.uint8]], batch: int
) -> Iterator[tuple[list[int], NDArray[np.uint8]]]:
    """(numbers of the photos, their pixels (n, height, width, 3)), each number once, n at most `batch`.

    A batch goes out when it is full; where too many photos wait, the largest group goes first.
    """
    waiting: dict[tuple[int, ...], list[tuple[int, NDArray[np.uint8]]]] = {}
    for number, photo in enumerate(photos):
        waiting.setdefault(photo.shape, []).append((number, photo))
        full = len(waiting[photo.shape]) == batch
        if full or sum(map(len, waiting.values())) >= HELD * batch:
            shape = photo.shape if full else max(waiting, key=lambda shape: len(waiting[shape]))
            yield _together(waiting.pop(shape))
    while waiting:
        yield _together(waiting.pop(next(iter(waiting))))


def _together(group: list[tuple[int, NDArray[np.uint8]]]) -> tuple[list[int], NDArray[np.uint8]]:
    return [number for number, _ in group], np.stack([photo for _, photo in group])
