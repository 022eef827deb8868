"""What the project promises, on real street views. The full tables: benchmarks/place_map.py."""

import shutil

import numpy as np
import pytest

from placeprint.datasets import from_table
from placeprint.metrics import coverage, recall_at, reliability
from placeprint.photos import find, load
from placeprint.placemap import NoMatch, Place, PlaceMap
from placeprint.placemap.place import Orientation


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
        *sorted((real_photos / "street-gps").rglob("*.jpg"))[::4],
        *sorted((real_photos / "strecha").rglob("*.jpg"))[::10],
        *sorted((real_photos / "ie-tower").rglob("*.jpg"))[::240],
        *sorted((real_photos / "corridor" / "query").rglob("*.jpg"))[::16],
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


def strangers(real_photos, cambridge):
    return [
        *(record.path for record in cambridge.queries[::15]),
        *sorted((real_photos / "street-gps" / "berlin").rglob("*.jpg")),
        *sorted((real_photos / "sf-night").rglob("*.jpg"))[::15],
        *sorted((real_photos / "cars").rglob("*.jpg"))[::300],
    ]


def test_a_map_of_few_photos_knows_its_street_and_no_other(real_photos, cambridge, tmp_path):
    """Of one photo, and of every other: strangers have no rival in the map, and are refused all the same."""
    street = find(real_photos / "street-gps" / "lund").photos
    with PlaceMap.build(street[:1], tmp_path / "one", quiet=True) as one:
        assert not any(one.locate_many(strangers(real_photos, cambridge)))
        assert one.locate(street[1].path)
        for image in (
            np.zeros((480, 640, 3), np.uint8),
            np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8),
        ):
            assert not one.locate(image)
    with PlaceMap.build(street[::2], tmp_path / "half", quiet=True) as half:
        assert not any(half.locate_many(strangers(real_photos, cambridge)[::2]))
        found = list(half.locate_many([record.path for record in street[1::2]]))
        assert all(found)
        errors = [a.point.distance(r.point) for a, r in zip(found, street[1::2], strict=True)]
        assert max(errors) <= 25.0


def test_searching_where_it_was_not_taken_makes_nothing_surer(cambridge, places, answers):
    placed = [(q, a) for q, a in zip(cambridge.queries, answers, strict=True) if a and a.confidence > 0.9]
    rng = np.random.default_rng(0)
    points = [record.point for record in cambridge.database]
    given = 0
    for query, answer in placed[::8]:
        far = [point for point in points if point.distance(query.point) > 140.0]
        given += bool(places.locate(query.path, near=(far[int(rng.integers(len(far)))], 40.0)))
        inside = places.locate(query.path, near=(query.point, 300.0))
        assert abs(inside.confidence - answer.confidence) < 0.05
    assert given <= 1


def test_mirrored_and_turned_photos_are_found_and_marked(cambridge, places, answers):
    pairs = zip(cambridge.queries, answers, strict=True)
    proven = [(q.path, a.point) for q, a in pairs if a and a.matches[0].inliers >= 50]
    chosen = [(load(path), point) for path, point in proven[:: len(proven) // 6]]
    marks = {
        Orientation.MIRRORED: lambda image: image[:, ::-1],
        Orientation.TURN_90: lambda image: np.rot90(image, 1),
        Orientation.TURN_180: lambda image: np.rot90(image, 2),
        Orientation.TURN_270: lambda image: np.rot90(image, 3),
    }
    for mark, changed in marks.items():
        found = [places.locate(np.ascontiguousarray(changed(image))) for image, _ in chosen]
        right = [bool(a) and a.point.distance(p) < 25.0 for a, (_, p) in zip(found, chosen, strict=True)]
        assert np.mean(right) >= 0.8
        marked = [a.orientation is mark for a in found if a and a.verified]
        assert np.mean(marked) >= 0.9
