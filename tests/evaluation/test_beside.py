"""Published numbers stand beside a result of the same rules on the same data, and beside nothing else."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from placeprint.datasets import PhotoSet, PlaceDataset, load_protocol
from placeprint.evaluation import Evaluation, published_beside
from placeprint.evaluation.places import places_of
from placeprint.geo import GeoPoint
from placeprint.photos import PhotoRecord


def side(count: int) -> PhotoSet:
    return PhotoSet([PhotoRecord(Path(f"{i}.jpg"), None) for i in range(count)])


def test_same_rules_same_data_or_nothing() -> None:
    whole = PlaceDataset("pitts250k/test", side(83_952), side(8_280))
    found = Evaluation(whole, load_protocol("deepibl"), [], 0, "", "", datetime(2024, 1, 1, tzinfo=UTC))
    assert any(row.values["R@1"] == 88.97 for row in published_beside(found))
    part = PlaceDataset("pitts250k/test", side(100), side(10))
    changed = found.protocol.model_copy(update={"query_size": "shortest:480"})
    other = replace(found, dataset=PlaceDataset("pitts30k/test", whole.database, whole.queries))
    assert published_beside(replace(found, dataset=part)) == []
    assert published_beside(replace(found, protocol=changed)) == []
    assert published_beside(other) == []


def test_what_is_drawn_together_for_the_intervals() -> None:
    here = GeoPoint(52.2, 0.1)
    photos = [
        PhotoRecord(Path("a"), here, panorama="p"),
        PhotoRecord(Path("b"), here.moved(90.0, 500.0), panorama="p"),
        PhotoRecord(Path("c"), here),
        PhotoRecord(Path("d"), here.moved(90.0, 500.0)),
    ]
    names = places_of(PhotoSet(photos))
    assert names[0] == names[1]
    assert len(set(names.tolist())) == 3
    labeled = places_of(PhotoSet(photos[2:], labels=np.array(["x", "x"])))
    assert labeled[0] == labeled[1]
    alone = [PhotoRecord(Path(f"{i}"), None) for i in range(3)]
    assert len(set(places_of(PhotoSet(alone)).tolist())) == 3
