"""Weak labels against loops over all pairs, and the rules one by one on hand-made streets."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from mining_cases import list_labels, placed, town, town_labels

from placeprint.datasets import PhotoSet, PlaceDataset
from placeprint.errors import PlaceprintError
from placeprint.geo import GeoPoint
from placeprint.photos import PhotoRecord
from placeprint.training.config import TupleMining
from placeprint.training.mining.labels.position_labels import PositiveRule, weak_labels, weak_labels_of_photos
from placeprint.training.mining.labels.weak_labels import WeakLabels


def lists(rows: object) -> list[list[int]]:
    return [each.tolist() for each in rows]  # type: ignore[attr-defined]


def test_positives_and_close_are_those_of_the_loop() -> None:
    data = town()
    labels = weak_labels(data, PositiveRule(positive_radius=12.0, beyond=5.0), negative_radius=30.0)
    for query, here in enumerate(data.queries.meters):  # type: ignore[arg-type]
        squared = [float(((there - here) ** 2).sum()) for there in data.database.meters]  # type: ignore[union-attr]
        assert labels.positives[query].tolist() == [r for r, s in enumerate(squared) if 25 < s <= 144]
        assert labels.close[query].tolist() == [r for r, s in enumerate(squared) if s <= 900]
    assert set(labels.with_positives) | set(labels.without_positives) == set(range(40))
    assert all(len(labels.positives[q]) for q in labels.with_positives)
    assert len(labels) == 40
    assert not any(len(labels.positives[q]) for q in labels.without_positives)


def test_limits_are_inclusive_and_the_same_spot_is_excluded_at_one_meter() -> None:
    street = np.array([[0, 0], [1, 0], [1.01, 0], [10, 0], [10.01, 0], [25, 0], [25.01, 0]])
    data = PlaceDataset("street", placed(street), placed(np.zeros((1, 2))))
    assert lists(weak_labels(data).positives) == [[0, 1, 2, 3]]
    assert lists(weak_labels(data).close) == [[0, 1, 2, 3, 4, 5]]
    assert lists(weak_labels(data, PositiveRule(beyond=1.0)).positives) == [[2, 3]]
    assert lists(weak_labels(data, PositiveRule(beyond=0.0)).positives) == [[1, 2, 3]]
    with pytest.raises(ValueError, match="negatives begin at 9"):
        weak_labels(data, negative_radius=9.0)


def test_panoramas_stamps_regions_and_headings_restrict_positives_alone() -> None:
    def side(panoramas: list[str | None], headings: list[float], **columns: object) -> PhotoSet:
        photos = [
            PhotoRecord(Path(f"{row}.jpg"), None, heading, None, panorama)
            for row, (panorama, heading) in enumerate(zip(panoramas, headings, strict=True))
        ]
        return dataclasses.replace(placed(np.zeros((len(photos), 2)), **columns), photos=photos)

    database = side(
        ["a", "b", None, "a"],
        [350.0, 30.0, 31.0, 180.0],
        stamps=np.array(["2010", "2012", "2010", "2012"]),
        regions=np.array(["x", "x", "x", "y"]),
    )
    asked = side(["a", None], [10.0, 10.0], stamps=np.array(["2012", "2010"]), regions=np.array(["x", "x"]))
    data = PlaceDataset("corner", database, asked)
    everything = [[0, 1, 2], [0, 1, 2]]
    for rule, positives in {
        PositiveRule(): everything,
        PositiveRule(other_panorama=True): [[1, 2], [0, 1, 2]],
        PositiveRule(other_time=True): [[0, 2], [1]],
        PositiveRule(turn=20.0): [[0, 1], [0, 1]],
        PositiveRule(turn=21.0): everything,
    }.items():
        labels = weak_labels(data, rule)
        assert lists(labels.positives) == positives
        assert lists(labels.close) == [[0, 1, 2, 3]] * 2
    with pytest.raises(PlaceprintError, match="without `other_time`"):
        weak_labels(town(), PositiveRule(other_time=True))
    with pytest.raises(PlaceprintError, match="no heading"):
        weak_labels(town(), PositiveRule(turn=40.0))


def test_a_rule_and_a_recipe_have_the_same_names() -> None:
    """What an error about a rule names is what stands in the recipe."""
    assert {field.name for field in dataclasses.fields(PositiveRule)} <= TupleMining.model_fields.keys()


def test_positions_on_the_earth() -> None:
    corner = GeoPoint(52.0, 13.0)
    near = [corner.moved(90.0, meters) for meters in (9.99, 10.01, 24.99, 25.01)]
    photos = PhotoSet([PhotoRecord(Path(f"{i}.jpg"), point) for i, point in enumerate(near)])
    labels = weak_labels(PlaceDataset("corner", photos, PhotoSet([PhotoRecord(Path("q.jpg"), corner)])))
    assert lists(labels.positives) == [[0]]
    assert lists(labels.close) == [[0, 1, 2]]


def test_in_one_list_a_photo_is_close_to_itself_and_never_its_own_positive() -> None:
    labels = list_labels(100)
    data = town(100, 100)
    both = weak_labels(PlaceDataset("twice", data.database, data.database))
    one = weak_labels_of_photos(data.database)
    for row in range(100):
        assert one.positives[row].tolist() == [r for r in both.positives[row].tolist() if r != row]
        assert one.close[row].tolist() == both.close[row].tolist()
        assert row in labels.close[row]
        assert row not in labels.positives[row]
    assert one.one_list
    assert one.query_images(np.array([3])).tolist() == [3]
    assert town_labels(30, 4).query_images(np.array([3])).tolist() == [33]


def test_distractors_have_no_positives_and_are_negatives() -> None:
    meters = np.array([[0.0, 0], [np.nan, np.nan], [3, 0], [4, 0]])
    photos = placed(meters, distractors=np.array([False, True, False, False]))
    labels = weak_labels_of_photos(photos)
    assert lists(labels.positives) == [[2, 3], [], [0, 3], [0, 2]]
    assert lists(labels.close) == [[0, 2, 3], [1], [0, 2, 3], [0, 2, 3]]


def test_left_out_photos_are_nothing_at_all() -> None:
    labels = WeakLabels(4, [np.array([0, 1]), np.array([1])], [np.array([0, 1, 2]), np.array([1])])
    fewer = labels.leaving_out(np.array([2])).leaving_out(np.array([3]), queries=np.array([0]))
    assert lists(fewer.positives) == [[], [1]]
    assert [fewer.no_negatives(q).tolist() for q in (0, 1)] == [[0, 1, 2, 3], [1, 2, 3]]
    assert lists(labels.leaving_out(np.array([1])).positives) == [[0], []]
    chain = [np.array([1]), np.array([0, 2]), np.array([1])]
    one = WeakLabels(3, chain, [np.arange(3)] * 3, one_list=True).leaving_out(np.array([0]))
    assert lists(one.positives) == [[], [2], [1]]


def test_labels_that_contradict_themselves_are_refused() -> None:
    some, none = [np.array([1])], [np.zeros(0, np.int64)]
    with pytest.raises(ValueError, match="close"):
        WeakLabels(3, some, none)
    with pytest.raises(ValueError, match="of close"):
        WeakLabels(3, some, [])
    with pytest.raises(ValueError, match="of 1 database"):
        WeakLabels(1, some, some)
    with pytest.raises(ValueError, match="in one list"):
        WeakLabels(3, some, some, one_list=True)


@pytest.mark.parametrize("rows", [[-1, 3], [3, 5], [-1], [5]])
def test_rows_beyond_the_database_are_refused(rows: list[int]) -> None:
    WeakLabels(5, [np.array([0])], [np.array([0, 4])])
    with pytest.raises(ValueError, match="of 5 database photos"):
        WeakLabels(5, [np.array([3])], [np.array(rows)])
