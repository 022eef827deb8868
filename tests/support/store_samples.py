"""Photos whose every byte follows from a number, so that a reader can check them; no real photo is needed."""

from pathlib import Path

import numpy as np

from placeprint.features import LocalFeatures
from placeprint.placemap.storage.entry import Batch, Entry
from placeprint.placemap.storage.store import MapStore
from placeprint.representations import Blob, Column, Dense, Local

DIM = 8
COLUMNS = (Column("vector", Dense(DIM)), Column("local", Local()), Column("thumbnail", Blob()))
CONFIG = {"columns": [column.to_dict() for column in COLUMNS]}


def sample(number: int):
    """(entry, vector, features or None, thumbnail) of photo `number`."""
    rng = np.random.default_rng(number)
    count = number % 4
    features = LocalFeatures(
        rng.random((count, 2), np.float32),
        rng.random(count, np.float32),
        rng.random(count, np.float32),
        rng.random(count, np.float32),
        rng.integers(0, 256, (count, 128), np.uint8),
        (64 + number, 48),
    )
    entry = Entry(
        f"/photos/{number}.jpg",
        50 + number * 1e-4,
        8.5,
        None if number % 2 else number / 7,
        None if number % 3 else number % 360.0,
        None if number % 5 else "2026-05-04T03:02:01+02:00",
        None if number % 7 else f"panorama {number // 7}",
        100 + number,
        1_700_000_000_000_000_000 + number,
        f"{number:064x}",
        magnetic=number % 3 == 1,
        accuracy=None if number % 4 else 1.0 + number,
        source="" if number % 6 == 5 else f"EXIF {number % 2}",
    )
    thumbnail = b"" if number % 11 == 10 else b"jpeg %d" % number
    return entry, rng.random(DIM, np.float32), None if number % 5 == 4 else features, thumbnail


def batch(numbers) -> Batch:
    """Some of the photos."""
    entries, vectors, features, thumbnails = zip(*map(sample, numbers), strict=True)
    return Batch(entries, {"vector": vectors, "local": features, "thumbnail": thumbnails})


def check(snapshot, expected=sample) -> set[int]:
    """Numbers of the photos in a snapshot; every one must be whole and right."""
    vectors = snapshot.matrix("vector")
    for row, stored in enumerate(snapshot.entries):
        entry, vector, features, thumbnail = expected(number_of(stored))
        assert stored == entry
        np.testing.assert_array_equal(vectors[row], vector)
        assert snapshot.value("thumbnail", row) == thumbnail
        kept = snapshot.value("local", row)
        assert (kept is None) == (features is None)
        for name in () if kept is None else ("xy", "scale", "angle", "score", "descriptors", "size"):
            np.testing.assert_array_equal(getattr(kept, name), getattr(features, name))
    assert len({entry.id for entry in snapshot.entries}) == len(snapshot)
    return {number_of(entry) for entry in snapshot.entries}


def number_of(entry: Entry) -> int:
    """The photo's number."""
    return int(Path(entry.path).stem)


def numbers_in(path: Path) -> set[int]:
    """Of the photos that a fresh reader finds."""
    with MapStore.open(path) as store:
        return check(store.snapshot())
