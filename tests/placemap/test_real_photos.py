"""What the project promises, on real street views. The full tables: benchmarks/place_map.py."""

import shutil

import numpy as np
import pytest

from placeprint.datasets import from_table
from placeprint.metrics import coverage, recall_at, reliability
from placeprint.photos import find
from placeprint.placemap import NoMatch, Place, PlaceMap


@pytest.fixture(scope="module")
def cambridge(real_photos):
    return from_table(real_photos / "cambridge" / "photos.csv", "val")


@pytest.fixture(scope="module")
def places(cambridge, tmp_path_factory):
    path = tmp_path_factory.mktemp("cambridge") / "val.placemap"
    with PlaceMap.build(cambridge.database, path, quiet=True) as places:
        yield places


@pytest.fixture(scope="module")
def answers(cambridge, places):
    return [places.locate(query.path, matches=20) for query in cambridge.queries]


def recall_at_one(cambridge, answers):
    rows = {str(record.path.absolute()): i for i, record in enumerate(cambridge.database)}
    ranked = [np.array([rows[m.path] for m in answer.matches]) for answer in answers]
    return recall_at(ranked, cambridge.within(25.0), [1])[1]


def test_recall_without_and_with_verification(cambridge, places, answers):
    plain = [places.locate(query.path, verify="never", matches=1) for query in cambridge.queries]
    assert recall_at_one(cambridge, plain) >= 0.76
    assert recall_at_one(cambridge, answers) >= 0.84


def test_confidence_and_radii_are_honest(cambridge, answers):
    told = [(a, q.point) for a, q in zip(answers, cambridge.queries, strict=True) if isinstance(a, Place)]
    assert len(told) >= 0.8 * len(answers)
    errors = np.array([answer.point.distance(point) for answer, point in told])
    confidence = np.array([answer.confidence for answer, _ in told])
    assert reliability(confidence, errors <= 25.0).expected_error < 0.08
    assert 0.84 <= coverage(errors, np.array([answer.radius_90 for answer, _ in told])) <= 0.96
    assert 0.33 <= coverage(errors, np.array([answer.radius_50 for answer, _ in told])) <= 0.6
    assert np.median(errors) < 12.0


def test_photos_from_elsewhere_are_not_placed(real_photos, places):
    strangers = [
        *sorted((real_photos / "street-gps").rglob("*.jpg"))[::2],
        *sorted((real_photos / "strecha").rglob("*.jpg"))[::5],
        *sorted((real_photos / "ie-tower").rglob("*.jpg"))[::120],
        *sorted((real_photos / "corridor" / "query").rglob("*.jpg"))[::8],
    ]
    refused = [isinstance(places.locate(path), NoMatch) for path in strangers]
    assert np.mean(refused) >= 0.92


def test_each_photo_of_a_street_is_located_among_the_others(real_photos, tmp_path):
    records = find(real_photos / "street-gps" / "lund").photos
    assert len(records) == 29
    PlaceMap.build(records, tmp_path / "all.placemap", quiet=True).close()
    errors = []
    for query in records[::3]:
        own = shutil.copytree(tmp_path / "all.placemap", tmp_path / query.path.stem)
        with PlaceMap.open(own, writable=True) as places:
            places.remove([query.path.absolute()], quiet=True)
            answer = places.locate(query.path, verify="always")
            assert str(query.path.absolute()) not in {m.path for m in answer.matches}
            if isinstance(answer, Place):
                errors.append(answer.point.distance(query.point))
    assert len(errors) >= 8
    assert np.median(errors) <= 7.0
