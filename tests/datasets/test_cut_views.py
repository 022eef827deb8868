"""Data sets whose queries are cut from panoramas, and the photos that such data sets are learned from."""

from pathlib import Path

import numpy as np
import pytest
from panorama_folder import SIDE, write_panoramas
from PIL import Image

from placeprint.datasets import PhotoSet, from_table, read_dataset
from placeprint.datasets.cut_views import with_cut_queries
from placeprint.datasets.layouts.own.table import training_photos
from placeprint.datasets.panoramas import panoramas
from placeprint.errors import PhotoError, PlaceprintError
from placeprint.photos import load
from placeprint.photos.cube_views import perspective


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_panoramas(tmp_path_factory.mktemp("set") / "town")


def test_training_photos_are_those_of_every_role(town: Path) -> None:
    photos = training_photos(town / "photos.csv", "val")
    assert isinstance(photos, PhotoSet)
    assert len(photos) == 24
    assert photos[0].path == town / "val" / "0_2.jpg"
    assert {panorama.name for panorama in panoramas(photos)} == {f"p{n}" for n in range(6)}
    dataset = from_table(town / "photos.csv", "val")
    assert (len(dataset.database), len(dataset.queries)) == (12, 8)
    with pytest.raises(PlaceprintError, match="no photos in split 'train'"):
        training_photos(town / "photos.csv", "train")


def test_queries_are_cut_and_the_database_stays(town: Path, tmp_path: Path) -> None:
    source = read_dataset(town)
    made = with_cut_queries(source, tmp_path / "cut", per_panorama=3, size=40, seed=5, quiet=True)
    assert made.name == "cut/val-views"
    assert [p.path.name for p in made.database] == [p.path.name for p in source.database]
    for ours, theirs in zip(made.database, source.database, strict=True):
        assert ours.path.read_bytes() == theirs.path.read_bytes()
        assert (ours.point, ours.heading, ours.panorama) == (theirs.point, theirs.heading, theirs.panorama)
    assert [query.panorama for query in made.queries] == ["p1"] * 3 + ["p4"] * 3
    assert made.queries[0].point == source.queries[0].point
    assert made.queries[0].time == source.queries[0].time is not None
    assert len({query.heading for query in made.queries}) == 6
    for query in made.queries:
        (panorama,) = [p for p in panoramas(source.queries) if p.name == query.panorama]
        faces = [load(path) for path in panorama.faces]
        expected = perspective(faces, query.heading or 0, 0, 70, (40, 40), panorama.first_heading)
        assert np.abs(load(query.path).astype(int) - expected).mean() < 3.0
    assert [rows.tolist() for rows in made.within(25.0)] == [[*range(8)]] * 3 + [[*range(8, 12)]] * 3
    again = with_cut_queries(source, tmp_path / "b" / "cut", 70, 5, 3, 0, 40, True)
    assert read_dataset(tmp_path / "b" / "cut").fingerprint == again.fingerprint
    assert again.fingerprint == made.fingerprint
    for one, other in zip(made.queries, again.queries, strict=True):
        assert one.path.read_bytes() == other.path.read_bytes()
    seeded = with_cut_queries(source, tmp_path / "c" / "cut", 70, 6, 3, 0, 40, True)
    assert seeded.fingerprint != made.fingerprint


def test_headings_are_uniform(town: Path, tmp_path: Path) -> None:
    made = with_cut_queries(read_dataset(town), tmp_path / "cut", size=8, per_panorama=60, quiet=True)
    headings = np.array([query.heading for query in made.queries])
    counts, _ = np.histogram(headings, 12, (0, 360))
    assert 2 <= counts.min() <= counts.max() <= 25
    assert ((counts - 120 / 12) ** 2 / (120 / 12)).sum() < 31  # chi-square, p = 0.001


def test_what_cannot_be_cut_is_said_before_anything_is_written(town: Path, tmp_path: Path) -> None:
    source, folder = read_dataset(town), tmp_path / "new"
    with pytest.raises(
        PlaceprintError, match=r"90° at pitch 0° leaves .* The widest that fits at every heading is 70.5°"
    ):
        with_cut_queries(source, folder, 90.0)
    with pytest.raises(PlaceprintError, match="cannot be cut"):
        with_cut_queries(source, folder, 180.0)
    with pytest.raises(PlaceprintError, match=r"already contains photos.csv"):
        with_cut_queries(source, town)
    with pytest.raises(PlaceprintError, match="is a file"):
        with_cut_queries(source, town / "photos.csv")
    lame = from_table(town / "photos.csv", "val")
    lame.queries.photos.pop()  # type: ignore[attr-defined]
    with pytest.raises(PlaceprintError, match="panorama p4 has 3 photos"):
        with_cut_queries(lame, folder)
    assert not folder.exists()
    with pytest.raises(ValueError, match="0 views"):
        with_cut_queries(source, folder, per_panorama=0)


def test_a_stopped_run_is_done_again_and_faces_must_be_square(town: Path, tmp_path: Path) -> None:
    source, folder = read_dataset(town), tmp_path / "cut"
    face = source.queries[0].path
    whole = face.read_bytes()
    Image.new("RGB", (SIDE, SIDE - 8)).save(face)
    try:
        with pytest.raises(PhotoError, match=r"1_2.jpg: has 48 x 40 pixels"):
            with_cut_queries(source, folder, quiet=True)
    finally:
        face.write_bytes(whole)
    assert not (folder / "photos.csv").exists()
    assert len(with_cut_queries(source, folder, size=16, quiet=True).queries) == 8
