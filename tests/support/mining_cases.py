"""Made-up streets for the tests of mining."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float32, Int64
from placeprint.datasets import PhotoSet, PlaceDataset
from placeprint.photos import PhotoRecord
from placeprint.training.mining.labels.position_labels import weak_labels, weak_labels_of_photos
from placeprint.training.mining.labels.weak_labels import WeakLabels
from placeprint.training.mining.nearest_among import Read


def records(count: int, name: str = "photo") -> list[PhotoRecord]:
    return [PhotoRecord(Path(f"{name}{row}.jpg"), None) for row in range(count)]


def placed(meters: NDArray[np.float64], **columns: object) -> PhotoSet:
    return PhotoSet(records(len(meters)), meters=np.asarray(meters, np.float64), **columns)  # type: ignore[arg-type]


def town(database: int = 300, queries: int = 40, side: float = 250.0, seed: int = 0) -> PlaceDataset:
    rng = np.random.default_rng(seed)
    return PlaceDataset(
        "town", placed(side * rng.random((database, 2))), placed(side * rng.random((queries, 2)))
    )


def town_labels(database: int = 300, queries: int = 40, seed: int = 0) -> WeakLabels:
    return weak_labels(town(database, queries, seed=seed))


def list_labels(count: int = 240, seed: int = 0) -> WeakLabels:
    return weak_labels_of_photos(placed(150.0 * np.random.default_rng(seed).random((count, 2))))


def unit_rows(count: int, dim: int = 16, seed: int = 0) -> Float32:
    rows = np.random.default_rng(seed).standard_normal((count, dim)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def reader(vectors: Float32) -> Read:
    return lambda rows: vectors[rows]


def squared(one: Float32, others: Float32) -> NDArray[np.float64]:
    """In double precision."""
    return np.square(others.astype(np.float64) - one.astype(np.float64)).sum(axis=1)


def sorted_by_distance(one: Float32, others: Float32, rows: Int64) -> list[int]:
    return sorted(rows.tolist(), key=lambda row: (squared(one, others)[row], row))
