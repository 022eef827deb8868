"""Distractors stand at the end, answer nothing under any rule, and change no ground truth."""

from pathlib import Path

import numpy as np
import pytest

from placeprint.datasets import PhotoSet, PlaceDataset
from placeprint.datasets.layouts.landmarks.distractors import with_distractors
from placeprint.errors import PlaceprintError
from placeprint.geo import GeoPoint
from placeprint.photos import PhotoRecord


@pytest.fixture
def dataset(tmp_path: Path) -> PlaceDataset:
    def side(*names: str) -> PhotoSet:
        return PhotoSet(
            [PhotoRecord(tmp_path / "own" / name, None) for name in names],
            meters=np.zeros((len(names), 2)),
            frames=np.arange(len(names)),
            labels=np.array(["the tower"] * len(names)),
            stamps=np.array(["2015"] * len(names)),
            regions=np.array(["cph"] * len(names)),
            boxes=np.ones((len(names), 4)),
        )

    return PlaceDataset(
        "towers/test", side("a.jpg", "b.jpg"), side("q.jpg"), {"good": [np.array([1])]}, ["n"]
    )


@pytest.fixture
def flickr(tmp_path: Path) -> Path:
    folder = tmp_path / "own" / "flickr"
    for name in ("2/b.jpg", "1/z.JPG", "1/notes.txt", "1/a.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_distractors_are_positives_of_nothing(dataset: PlaceDataset, flickr: Path) -> None:
    more = with_distractors(dataset, flickr)
    added = [photo.path.relative_to(flickr).as_posix() for photo in more.database[2:]]
    assert added == ["1/a.png", "1/z.JPG", "2/b.jpg"]
    assert more.database[:2].photos == dataset.database.photos
    assert more.queries is dataset.queries
    assert more.listed is dataset.listed
    assert [ids.tolist() for ids in more.same_label()] == [[0, 1]]
    assert [ids.tolist() for ids in more.within_frames(1_000_000)] == [[0, 1]]
    columns = more.database.columns()
    assert set(columns) == {*dataset.database.columns(), "distractors"}
    assert columns["distractors"].tolist() == [False, False, True, True, True]
    assert [ids.tolist() for ids in more.within(1e9)] == [[0, 1]]
    assert np.isnan(columns["meters"][2:]).all()
    assert np.isnan(columns["boxes"][2:]).all()
    assert all(columns[name][2:].tolist() == [""] * 3 for name in ("labels", "stamps", "regions"))
    for name, column in dataset.database.columns().items():
        np.testing.assert_array_equal(columns[name][:2], column)
    assert columns["frames"].dtype == np.int64
    assert more.name == "towers/test with 3 distractors"
    assert list(more.notes) == ["n", f"3 distractors from {flickr}, which answer no query"]
    assert more.fingerprint != dataset.fingerprint


def test_only_the_first_few_and_none_that_is_there_already(
    dataset: PlaceDataset, flickr: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [photo.path.name for photo in with_distractors(dataset, flickr, 2).database[2:]] == [
        "a.png",
        "z.JPG",
    ]
    assert len(with_distractors(dataset, flickr, 0).database) == 2
    for name in ("a.jpg", "q.jpg", "c.jpg"):
        (flickr.parent / name).touch()
    monkeypatch.chdir(flickr)
    more = with_distractors(dataset, Path(".."))
    assert [photo.path.name for photo in more.database[2:]] == ["c.jpg", "a.png", "z.JPG", "b.jpg"]
    assert all(photo.path.is_file() for photo in more.database[2:])
    assert len(more.fingerprint) == 16
    with pytest.raises(ValueError, match="-1 is negative"):
        with_distractors(dataset, flickr, -1)
    with pytest.raises(PlaceprintError, match="no photos to add"):
        with_distractors(dataset, flickr / "nowhere")


def test_relative_and_absolute_paths_may_meet(flickr: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(flickr)
    photos = PhotoSet([PhotoRecord(Path("2/b.jpg"), None)])
    more = with_distractors(PlaceDataset("own", photos, photos), flickr)
    added = [flickr / "1/a.png", flickr / "1/z.JPG"]
    assert [photo.path for photo in more.database] == [Path("2/b.jpg"), *added]
    assert len(more.fingerprint) == 16


def test_a_distractor_needs_no_position(flickr: Path) -> None:
    here = PhotoRecord(flickr / "here.jpg", GeoPoint(52.0, 0.1))
    more = with_distractors(PlaceDataset("geo", PhotoSet([here]), PhotoSet([here])), flickr)
    assert [ids.tolist() for ids in more.within(25.0)] == [[0]]
    unlabeled = np.array([""])
    both = PhotoSet([here], labels=unlabeled)
    assert [len(ids) for ids in PlaceDataset("none", both, both).same_label()] == [0]
