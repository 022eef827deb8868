"""Batches for the store's tests, and the writer that `test_crash` kills. No photos are needed."""

import sys
from pathlib import Path

import numpy as np

from placeprint.features import LocalFeatures
from placeprint.placemap.snapshot import Batch, Entry
from placeprint.placemap.store import MapStore

DIM = 8


def sample(number: int):
    """Photo `number`: everything about it follows from the number, so that a reader can check it."""
    rng = np.random.default_rng(number)
    count = number % 4
    features = LocalFeatures(
        rng.random((count, 2), np.float32),
        rng.random(count, np.float32),
        rng.random(count, np.float32),
        np.arange(count, 0, -1, dtype=np.float32),
        rng.integers(0, 256, (count, 128), np.uint8),
        (64, 48),
    )
    entry = Entry(
        f"/photos/{number}.jpg",
        50 + number * 1e-4,
        8.5,
        None,
        number % 360.0,
        None,
        None,
        100,
        7,
        f"{number:064x}",
    )
    return (
        entry,
        rng.random(DIM, np.float32),
        None if number % 5 == 4 else features,
        bytes(f"jpeg {number}", "ascii"),
    )


def batch(numbers):
    entries, vectors, features, thumbnails = zip(*map(sample, numbers), strict=True)
    return Batch(entries, np.stack(vectors), features, thumbnails)


def check(store: MapStore) -> set[int]:
    """Numbers of the photos in the map; every one must be whole and right."""
    snapshot = store.snapshot()
    found = set()
    vectors = snapshot.vectors()
    for row, stored in enumerate(snapshot.entries):
        number = int(Path(stored.path).stem)
        entry, vector, features, thumbnail = sample(number)
        assert stored == entry
        np.testing.assert_array_equal(vectors[row], vector)
        assert snapshot.thumbnail(row) == thumbnail
        kept = snapshot.features(row)
        assert (kept is None) == (features is None)
        if kept is not None and features is not None:
            np.testing.assert_array_equal(kept.xy, features.xy)
            np.testing.assert_array_equal(kept.descriptors, features.descriptors)
            assert kept.size == features.size
        found.add(number)
    return found


def write_forever(path: Path) -> None:
    """Add, remove and join for ever, saying what was acknowledged, one line each."""
    with MapStore.open(path, writable=True) as store:
        print("ready", flush=True)
        start = max((int(Path(e.path).stem) for e in store.snapshot().entries), default=-1) + 1
        for turn in range(10_000):
            numbers = range(start + 5 * turn, start + 5 * turn + 5)
            ids = store.append(batch(numbers))
            print("added", *numbers, flush=True)
            if turn % 3 == 2:
                store.remove(ids[:2])
                print("removed", *list(numbers)[:2], flush=True)
            if turn % 4 == 3:
                store.compact()
                print("joined", flush=True)


if __name__ == "__main__":
    write_forever(Path(sys.argv[1]))
