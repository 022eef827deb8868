"""Which queries are one place, and how far an answer lies off."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from placeprint.datasets import PhotoSet, PlaceDataset
from placeprint.evaluation.places import errors, places_of
from placeprint.evaluation.ranking import Ranking
from placeprint.geo import GeoPoint
from placeprint.photos import PhotoRecord
from placeprint.retrieval import Candidates

HERE = GeoPoint(52.2, 0.1)


def photos(points: list[GeoPoint | None], panoramas: list[str | None] | None = None) -> list[PhotoRecord]:
    named = panoramas or [None] * len(points)
    return [
        PhotoRecord(Path(f"{i}.jpg"), p, panorama=n)
        for i, (p, n) in enumerate(zip(points, named, strict=True))
    ]


def groups(queries: PhotoSet) -> list[int]:
    """The places as numbers, in order of appearance."""
    seen: dict[str, int] = {}
    return [seen.setdefault(str(name), len(seen)) for name in places_of(queries)]


def test_queries_of_one_cell_of_twenty_five_meters_are_one_place() -> None:
    meters = np.array([[0.1, 0.1], [24.9, 24.9], [25.1, 0.1], [0.1, 25.1], [-0.1, 0.1], [49.9, 0.1]])
    assert groups(PhotoSet(photos([None] * 6), meters=meters)) == [0, 0, 1, 2, 3, 1]


def test_cells_of_degrees_are_as_large() -> None:
    """Photos every 5 m along 500 m: twenty cells of five photos, give or take the ends."""
    points = [HERE.moved(90.0, 5.0 * i) for i in range(100)]
    found = groups(PhotoSet(photos(list(points))))
    assert found == sorted(found)
    assert np.bincount(found)[1:-1].tolist() == [5] * (len(set(found)) - 2)


def test_a_panorama_goes_before_a_label_and_a_label_before_a_cell() -> None:
    meters = np.zeros((4, 2))
    labels = np.array(["x", "x", "y", "y"])
    named = photos([None] * 4, ["p", None, None, "p"])
    assert groups(PhotoSet(named, meters, labels=labels)) == [0, 1, 2, 0]
    assert groups(PhotoSet(named, meters)) == [0, 1, 1, 0]
    assert groups(PhotoSet(photos([None] * 3))) == [0, 1, 2]
    assert groups(PhotoSet(photos([HERE, HERE, None]))) == [0, 1, 2]


def ranking(*rows: list[int]) -> Ranking:
    return Ranking([Candidates(np.array(ids, np.int64), -np.arange(len(ids), dtype=float),
                               {"distance": np.arange(len(ids), dtype=float)}) for ids in rows])  # fmt: skip


def dataset(database: PhotoSet, queries: PhotoSet) -> Any:
    return PlaceDataset("t", database, queries)


def test_the_error_is_the_distance_of_the_best_answer() -> None:
    stored = PhotoSet(photos([None] * 3), meters=np.array([[0.0, 0.0], [3.0, 4.0], [60.0, 80.0]]))
    asked = PhotoSet(photos([None] * 3), meters=np.zeros((3, 2)))
    found = errors(dataset(stored, asked), ranking([2, 0], [], [1, 0]))
    np.testing.assert_array_equal(found, [100.0, np.inf, 5.0])


def test_without_meters_it_is_the_geodesic_and_without_positions_nothing() -> None:
    stored = PhotoSet(photos([HERE.moved(0.0, 30.0), HERE.moved(90.0, 70.0)]))
    asked = PhotoSet(photos([HERE, HERE, HERE]))
    found = errors(dataset(stored, asked), ranking([1], [0, 1], []))
    assert found == pytest.approx([70.0, 30.0, np.inf], abs=1e-4)
    assert errors(dataset(stored, asked), ranking([], [], [])).tolist() == [np.inf] * 3  # type: ignore[union-attr]
    assert errors(dataset(stored, PhotoSet(photos([None]))), ranking([0])) is None
    assert errors(dataset(PhotoSet(photos([HERE, None])), asked[:1]), ranking([0])) is None
