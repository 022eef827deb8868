"""COLMAP projects as data sets, with cameras at known places."""

from pathlib import Path

import numpy as np
import pytest
from colmap_models import model, poses_of

from placeprint.datasets.layouts.own.colmap import LAYOUT
from placeprint.errors import PlaceprintError
from placeprint.evaluation import protocol_for
from placeprint.geo import GeoPoint


def test_a_folder_without_a_model_has_no_split(tmp_path: Path) -> None:
    assert LAYOUT.splits(tmp_path) == ()
    with pytest.raises(PlaceprintError, match=r"no split 'all'.*no COLMAP model"):
        LAYOUT.read(tmp_path, "all")


def project(folder: Path) -> Path:
    """Four cameras level at height 2 in a frame of east, north and up; photos in `images`."""
    places = {"q/2.jpg": (30.0, 40.0, 2.0), "a.jpg": (0.0, 0.0, 2.0), "b.jpg": (10.0, 0.0, 2.0)}
    centers = {name: np.array(place) for name, place in places.items()} | {
        "q/1.jpg": np.array([0.0, 24.0, 2.0])
    }
    (folder / "images").mkdir()
    model(folder / "sparse/0", poses_of(centers))
    return folder


def test_all_photos_are_both_database_and_queries(tmp_path: Path) -> None:
    found = LAYOUT.read(project(tmp_path), "all")
    assert LAYOUT.splits(tmp_path) == ("all",)
    assert found.name == f"{tmp_path.name}/all"
    names = ["a.jpg", "b.jpg", "q/1.jpg", "q/2.jpg"]
    assert [photo.path for photo in found.database] == [tmp_path / "images" / name for name in names]
    assert found.database.meters is not None
    np.testing.assert_allclose(found.database.meters, [[0, 0], [10, 0], [0, 24], [30, 40]], atol=1e-12)
    assert [rows.tolist() for rows in found.within(24.5)] == [[0, 1, 2], [0, 1], [0, 2], [3]]
    assert [rows.tolist() for rows in found.itself()] == [[0], [1], [2], [3]]
    assert any("model's unit" in note for note in found.notes)


def test_listed_queries_leave_the_database(tmp_path: Path) -> None:
    (project(tmp_path) / "list_query.txt").write_text(" q/2.jpg \nq/1.jpg\r\nlost.jpg\n\n")
    (tmp_path / "sparse/0/list_test.txt").write_text("a.jpg\n")
    assert LAYOUT.splits(tmp_path) == ("all", "list_query", "list_test")
    found = LAYOUT.read(tmp_path, "list_query")
    assert [photo.path.name for photo in found.queries] == ["1.jpg", "2.jpg"]
    assert [photo.path.name for photo in found.database] == ["a.jpg", "b.jpg"]
    assert [rows.tolist() for rows in found.within(24.5)] == [[0], []]
    assert "1 of 3 queries are left out: not in the model" in found.notes
    assert len(LAYOUT.read(tmp_path, "list_test").database) == 3
    (tmp_path / "metres.txt").write_text("q/2.jpg 0 0 0\na.jpg 0 0 0\n")
    assert list(LAYOUT.read(tmp_path, "list_query").notes) == [
        "2 photos are left out: not in metres.txt",
        "1 of 3 queries are left out: not in the model",
    ]


def test_other_models_are_noted(tmp_path: Path) -> None:
    model(project(tmp_path) / "sparse/1", {})
    assert [note for note in LAYOUT.read(tmp_path, "all").notes if note.startswith("sparse/")] == [
        "sparse/1 is left out: a model in a frame of its own"
    ]


def test_gps_gives_points(tmp_path: Path) -> None:
    gps = project(tmp_path) / "gps.txt"
    gps.write_text("# name lat lon alt\na.jpg 52.0 0.1 20\nq/1.jpg 52.0002 0.1 21.5\nelse.jpg 1 2 3\n")
    found = LAYOUT.read(tmp_path, "all")
    assert [photo.path.name for photo in found.database] == ["a.jpg", "1.jpg"]
    assert [photo.point for photo in found.queries] == [GeoPoint(52.0, 0.1, 20), GeoPoint(52.0002, 0.1, 21.5)]
    assert found.database.meters is None
    assert list(found.notes) == ["2 photos are left out: not in gps.txt"]
    assert [len(rows) for rows in found.within(23.0)] == [2, 2]
    gps.write_text("a.jpg 91 0 0\n")
    with pytest.raises(PlaceprintError, match=r"gps\.txt: latitude 91"):
        LAYOUT.read(tmp_path, "all")


def test_meters_give_meters(tmp_path: Path) -> None:
    (project(tmp_path) / "sparse/0/metres.txt").write_text(
        "b.jpg 430000.5 5000000 80\na.jpg 430000 5000000 80\nq/1.jpg 1 2 3\nq/2.jpg 4 5 6\n"
    )
    found = LAYOUT.read(tmp_path, "all")
    assert found.database.meters is not None
    assert found.database.meters.tolist() == [[430000.0, 5e6], [430000.5, 5e6], [1.0, 2.0], [4.0, 5.0]]
    assert not found.notes


@pytest.mark.parametrize("line", ["a.jpg 1 2", "a.jpg 1 2 x", "a.jpg 1 2 inf"])
def test_wrong_positions_are_named(tmp_path: Path, line: str) -> None:
    (project(tmp_path) / "metres.txt").write_text(f"\n{line}\n")
    with pytest.raises(PlaceprintError, match=r"metres\.txt, line 2"):
        LAYOUT.read(tmp_path, "all")


def test_names_with_spaces_have_positions(tmp_path: Path) -> None:
    model(tmp_path, poses_of({"two words.jpg": np.zeros(3)}))
    (tmp_path / "metres.txt").write_text(" two words.jpg 1 2 3 \n")
    found = LAYOUT.read(tmp_path, "all").database
    assert found[0].path == tmp_path / "two words.jpg"
    assert found.meters is not None
    assert found.meters.tolist() == [[1, 2]]


def test_reference_positions_must_say_what_they_are(tmp_path: Path) -> None:
    (project(tmp_path) / "ref_images.txt").write_text("a.jpg 1 2 3\n")
    with pytest.raises(PlaceprintError, match=r"ref_images\.txt does not say.*gps\.txt"):
        LAYOUT.read(tmp_path, "all")
    (tmp_path / "gps.txt").write_text("a.jpg 1 2 3\n")
    assert LAYOUT.read(tmp_path, "all").database[0].point == GeoPoint(1, 2, 3)


def test_no_photo_finds_itself_or_its_copy_and_model_units_are_no_meters(tmp_path: Path) -> None:
    found = LAYOUT.read(project(tmp_path), "all")
    protocol = protocol_for(found)
    assert protocol.name == "own-photos-each-other"
    assert found.unit == "model unit"
    for rows, right in zip(found.itself(content=True), protocol.right(found), strict=True):
        assert len(rows)
        assert not set(rows.tolist()) & set(right.tolist())
    root = tmp_path / "images" if (tmp_path / "images").is_dir() else tmp_path
    for photo in found.database:
        photo.path.parent.mkdir(parents=True, exist_ok=True)
        photo.path.write_bytes(photo.path.name.encode())
    assert root.is_dir()
    names = [photo.path.name for photo in found.database]
    found.database[1].path.write_bytes(found.database[0].path.read_bytes())
    same = LAYOUT.read(tmp_path, "all").itself(content=True)
    assert [rows.tolist() for rows in same][:2] == [[0, 1], [0, 1]]
    assert [rows.tolist() for rows in same][2:] == [[row] for row in range(2, len(names))]
    (tmp_path / "gps.txt").write_text("a.jpg 1 2 3\n")
    assert LAYOUT.read(tmp_path, "all").unit == "m"
