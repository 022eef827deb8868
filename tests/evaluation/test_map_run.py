"""A map's answers held against the truth, on the synthetic town."""

import json
from pathlib import Path

import numpy as np
import pytest

from placeprint.datasets import PhotoSet
from placeprint.datasets.town import write_town
from placeprint.errors import PlaceprintError
from placeprint.evaluation import evaluate_map
from placeprint.photos import PhotoRecord
from placeprint.placemap import Failed, Place, PlaceMap


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    folder = tmp_path_factory.mktemp("town")
    written = write_town(folder, seed=4, references=40, queries=6, elsewhere=2)
    PlaceMap.build(written.folder / "database", folder / "town.placemap", quiet=True).close()
    return written, folder / "town.placemap"


def test_errors_and_scores_are_those_of_the_answers(town) -> None:  # type: ignore[no-untyped-def]
    written, path = town
    records = [PhotoRecord(written.folder / name, view.point) for name, view in written.queries.items()]
    with PlaceMap.open(path) as places:
        found = evaluate_map(places, PhotoSet(records), quiet=True)
        answers = [places.locate(record.path, matches=20) for record in records]
    expected = [
        answer.point.distance(record.point) if isinstance(answer, Place) else np.inf
        for answer, record in zip(answers, records, strict=True)
        if record.point is not None
    ]
    np.testing.assert_allclose(found.errors, expected)
    near = [
        any(m.point.distance(r.point) <= 25.0 for m in a.matches[:5])
        for a, r in zip(answers, records, strict=True)
        if r.point is not None
    ]
    assert found.scores["R@5"].value == pytest.approx(np.mean(near))
    strict = evaluate_map_within(path, records, 3.0)
    first = [
        min((i for i, m in enumerate(a.matches) if m.point.distance(r.point) <= 3.0), default=99)
        for a, r in zip(answers, records, strict=True)
        if r.point is not None
    ]
    assert strict == [i < 1 for i in first]
    assert found.scores["answered"].value == np.mean(np.isfinite(expected))
    assert found.scores["right"].value == np.mean(np.array(expected) <= 25.0)
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert told["map_photos"] == 40
    assert told["recall_over_distance"]["25"] == found.scores["right"].value
    assert 0.0 <= told["honesty"]["in_90_percent_radius"] <= 1.0


def evaluate_map_within(path: Path, records: list[PhotoRecord], radius: float) -> list[bool]:
    with PlaceMap.open(path) as places:
        each = evaluate_map(places, PhotoSet(records), radius=radius, quiet=True).scores["R@1"].each
    return [] if each is None else [bool(hit) for hit in each]


def test_queries_that_cannot_be_judged_are_refused(town) -> None:  # type: ignore[no-untyped-def]
    written, path = town
    with PlaceMap.open(path) as places:
        own = places.photos()[0]
        for queries, said in (
            ([], "no query photos"),
            ([PhotoRecord(Path("a.jpg"), None)], "no position"),
            ([PhotoRecord(own.path, own.point)], "in the map itself"),
        ):
            with pytest.raises(PlaceprintError, match=said):
                evaluate_map(places, PhotoSet(queries), quiet=True)
        name, view = next(iter(written.queries.items()))
        queries = [
            PhotoRecord(written.folder / name, view.point),
            PhotoRecord(written.folder / "missing.jpg", view.point),
        ]
        found = evaluate_map(places, PhotoSet(queries), quiet=True)
        assert isinstance(found.answers[1], Failed)
        assert np.isinf(found.errors[1])
        assert len(found.unreadable) == 1
