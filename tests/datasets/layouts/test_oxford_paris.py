"""Oxford5k, Paris6k and their revisited ground truth: small folders whose answers are known by hand."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from placeprint.datasets.layouts.landmarks import oxford, revisited
from placeprint.datasets.place_dataset import PlaceDataset
from placeprint.errors import FormatError, PlaceprintError

OXFORD, PARIS = oxford.LAYOUTS
ROXFORD, RPARIS, OLD_OXFORD, OLD_PARIS = revisited.LAYOUTS


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def truth(folder: Path, query: str, line: str, **grades: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{query}_query.txt").write_text(line + "\n")
    for grade in ("good", "ok", "junk"):
        (folder / f"{query}_{grade}.txt").write_text("".join(f"{n}\n" for n in grades.get(grade, "").split()))


def names(photos: Any) -> list[str]:
    return [photo.path.name for photo in photos]


def rows(dataset: PlaceDataset) -> dict[str, list[list[int]]]:
    return {grade: [ids.tolist() for ids in lists] for grade, lists in dataset.listed.items()}


@pytest.mark.parametrize("photos", ["images", "jpg", "oxbuild_images", "oxbuild_images-v1", "."])
@pytest.mark.parametrize("lists", ["gt", "gt_files_170407", "."])
def test_oxford_by_hand(tmp_path: Path, photos: str, lists: str) -> None:
    touch(tmp_path / photos, "oxford_000002.jpg", "all_souls_000013.jpg", "all_souls_000001.jpg", "x.txt")
    touch(tmp_path / photos, "radcliffe_camera_000519.jpg", "all_souls_000026.jpg")
    gt = tmp_path / lists
    truth(gt, "radcliffe_camera_1", "oxc1_radcliffe_camera_000519 5 6 7 8", ok="radcliffe_camera_000519")
    truth(gt, "all_souls_10", "oxc1_all_souls_000001 0 0 1 1", good="all_souls_000001")
    truth(gt, "all_souls_2", "oxc1_all_souls_000026 1 2 3 4", junk="oxford_000002")
    box = "136.5 34.1 648.5 955.7"
    truth(
        *(gt, "all_souls_1", f"oxc1_all_souls_000013 {box}"),
        good="all_souls_000026 all_souls_000013",
        ok="all_souls_000001",
        junk="oxford_000002",
    )
    assert OXFORD.splits(tmp_path) == ("test",)
    assert PARIS.splits(tmp_path) == ()
    found = OXFORD.read(tmp_path, "test")
    stored = ["all_souls_000001", "all_souls_000013", "all_souls_000026", "oxford_000002"]
    assert names(found.database) == [f"{n}.jpg" for n in (*stored, "radcliffe_camera_000519")]
    # Queries of a landmark are ordered by number: 1, 2, 10.
    asked = ["all_souls_000013", "all_souls_000026", "all_souls_000001", "radcliffe_camera_000519"]
    assert names(found.queries) == [f"{n}.jpg" for n in asked]
    assert all(photo.path.is_file() for photo in (*found.database, *found.queries))
    assert found.queries.boxes is not None
    assert found.queries.boxes.tolist()[0] == [136.5, 34.1, 648.5, 955.7]
    assert rows(found) == {
        "good": [[1, 2], [], [0], []],
        "ok": [[0], [], [], [4]],
        "junk": [[3], [3], [], []],
    }
    assert found.itself()[0].tolist() == [1]
    assert (found.name, list(found.notes)) == ("oxford5k/test", [])


def test_paris_lies_in_folders_and_has_corrupt_files(tmp_path: Path) -> None:
    photos = ["defense/paris_defense_000605", "general/paris_general_000001", "louvre/paris_louvre_000136"]
    touch(tmp_path / "paris", *(f"{name}.jpg" for name in photos))
    gt = tmp_path / "paris_120310"
    truth(
        gt,
        "defense_1",
        "paris_defense_000605 0 1 2 3",
        good="paris_general_000001 paris_louvre_000136 paris_louvre_000146",
    )
    found = PARIS.read(tmp_path, "test")
    assert names(found.database) == ["paris_defense_000605.jpg", "paris_general_000001.jpg"]
    assert rows(found)["good"] == [[1]]
    assert list(found.notes) == ["1 corrupt files left out"]
    assert len(oxford.CORRUPT) == 20
    assert PARIS.published["test"] == (6412 - len(oxford.CORRUPT), 55)


def test_without_photos_the_lists_are_the_database(tmp_path: Path) -> None:
    truth(tmp_path / "gt", "defense_1", "paris_defense_000605 0 1 2 3", good="paris_b", junk="paris_a")
    found = PARIS.read(tmp_path, "test")
    assert names(found.database) == ["paris_a.jpg", "paris_b.jpg", "paris_defense_000605.jpg"]
    assert found.queries[0].path == tmp_path / "images" / "paris_defense_000605.jpg"
    assert rows(found) == {"good": [[1]], "ok": [[]], "junk": [[0]]}
    assert "no photos found: the database is the 3" in found.notes[0]


def test_rows_ascend_and_a_folder_of_other_photos_is_passed_over(tmp_path: Path) -> None:
    touch(tmp_path, "images/logo.png", *(f"jpg/oxford_{n:06}.jpg" for n in range(9)))
    truth(
        *(tmp_path / "gt", "all_souls_1", "oxc1_oxford_000004 0 0 9 9"),
        good="oxford_000001 oxford_000008 oxford_000001",
    )
    found = OXFORD.read(tmp_path, "test")
    assert len(found.database) == 9
    assert rows(found)["good"] == [[1, 8]]


def test_photos_of_the_ground_truth_that_are_not_there(tmp_path: Path) -> None:
    touch(tmp_path / "jpg", "all_souls_000001.jpg")
    truth(
        tmp_path / "gt",
        "all_souls_1",
        "oxc1_all_souls_000013 0 0 9 9",
        good="all_souls_000001 all_souls_000002",
    )
    found = OXFORD.read(tmp_path, "test")
    assert names(found.database) == ["all_souls_000001.jpg"]
    assert rows(found)["good"] == [[0]]
    assert found.queries[0].path == tmp_path / "jpg" / "all_souls_000013.jpg"
    assert list(found.notes) == ["2 photos of the ground truth are missing, such as all_souls_000002"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("oxc1_all_souls_000013 1 2 3", "line 1: 4 fields, not 5"),
        ("oxc1_all_souls_000013 1 2 3 four", "are not numbers"),
        ("", "0 lines instead of one"),
        ("a 1 2 3 4\nb 1 2 3 4", "2 lines instead of one"),
    ],
)
def test_a_damaged_query_file_is_named(tmp_path: Path, line: str, reason: str) -> None:
    truth(tmp_path, "all_souls_1", line)
    with pytest.raises(FormatError, match=reason) as caught:
        OXFORD.read(tmp_path, "test")
    assert "all_souls_1_query.txt" in str(caught.value)


def test_a_missing_grade_and_two_photos_of_one_name(tmp_path: Path) -> None:
    truth(tmp_path / "gt", "all_souls_1", "oxc1_all_souls_000013 0 0 9 9")
    (tmp_path / "gt" / "all_souls_1_ok.txt").unlink()
    with pytest.raises(PlaceprintError, match=r"all_souls_1_ok\.txt cannot be read"):
        OXFORD.read(tmp_path, "test")
    truth(tmp_path / "gt", "all_souls_1", "oxc1_all_souls_000013 0 0 9 9")
    touch(tmp_path / "jpg", "all_souls_000013.jpg", "small/all_souls_000013.png")
    with pytest.raises(PlaceprintError, match="have the same name"):
        OXFORD.read(tmp_path, "test")
    with pytest.raises(PlaceprintError, match="no split 'val'"):
        OXFORD.read(tmp_path, "val")
    assert OXFORD.splits(tmp_path / "nowhere") == ()


def pickled(folder: Path, stem: str, content: Any) -> Path:
    path = folder / f"gnd_{stem}.pkl"
    path.write_bytes(pickle.dumps(content, protocol=2))
    return path


TRUTH = {"bbx": [1.5, 2, 3, 4], "easy": [2, 0], "hard": np.array([1]), "junk": []}
OTHER = {"bbx": np.arange(4.0), "easy": [], "hard": [], "junk": np.array([3, 2], np.int32)}
CONTENT = {"imlist": ["b", "a", "c", "d"], "qimlist": ["q", "r"], "gnd": [TRUTH, OTHER], "simlist": None}


@pytest.mark.parametrize("photos", ["jpg", "images", "oxbuild_images", "paris/sub"])
def test_revisited_by_hand(tmp_path: Path, photos: str) -> None:
    pickled(tmp_path, "roxford5k", CONTENT)
    touch(tmp_path / photos, "a.jpg", "b.jpg", "c.jpg", "d.jpg", "q.jpg", "r.jpg", "unlisted.jpg")
    assert ROXFORD.splits(tmp_path) == ("test",)
    assert [each.splits(tmp_path) for each in (RPARIS, OLD_OXFORD, OLD_PARIS)] == [(), (), ()]
    found = ROXFORD.read(tmp_path, "test")
    assert names(found.database) == ["b.jpg", "a.jpg", "c.jpg", "d.jpg"]
    assert names(found.queries) == ["q.jpg", "r.jpg"]
    assert all(photo.path.parent == tmp_path / photos for photo in (*found.database, *found.queries))
    assert rows(found) == {"easy": [[0, 2], []], "hard": [[1], []], "junk": [[], [2, 3]]}
    assert found.queries.boxes is not None
    assert found.queries.boxes.tolist() == [[1.5, 2.0, 3.0, 4.0], [0.0, 1.0, 2.0, 3.0]]
    assert (found.name, list(found.notes)) == ("roxford5k/test", [])


def test_the_old_ground_truth_has_good_and_ok_in_one(tmp_path: Path) -> None:
    gnd = [{"bbx": [0, 0, 1, 1], "ok": [1], "junk": [0]}]
    pickled(tmp_path, "oxford5k", {"imlist": ["a.jpg", "b.jpg"], "qimlist": ["b"], "gnd": gnd})
    found = OLD_OXFORD.read(tmp_path, "test")
    assert rows(found) == {"ok": [[1]], "junk": [[0]], "good": [[]]}
    assert found.name == "oxford5k/test"
    assert names(found.database) == ["a.jpg", "b.jpg"]
    assert found.database[0].path.parent == tmp_path / "jpg"
    assert list(found.notes) == ["3 photos of the ground truth are missing, such as a"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"gnd": [TRUTH]}, "1 ground truths do not match 2 queries"),
        ({"imlist": "b a c d"}, "no list 'imlist'"),
        ({"gnd": [TRUTH, {**OTHER, "easy": [4]}]}, "'easy' of a query names rows that do not exist"),
        ({"gnd": [TRUTH, {**OTHER, "hard": [-1]}]}, "'hard' of a query names rows"),
        ({"gnd": [TRUTH, {**OTHER, "junk": [0.5]}]}, "'junk' of a query names rows"),
        ({"gnd": [TRUTH, {**OTHER, "bbx": [1, 2, 3]}]}, "box of a query is not four numbers"),
        ({"gnd": [TRUTH, {**OTHER, "bbx": ["a"] * 4}]}, "does not hold numbers"),
        ({"gnd": [TRUTH, {"bbx": [1, 2, 3, 4]}]}, "a query has no 'easy'"),
        ({"gnd": [TRUTH, 7]}, "a query has no 'easy'"),
    ],
)
def test_a_damaged_pickle_is_named(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    path = pickled(tmp_path, "rparis6k", {**CONTENT, **change})
    with pytest.raises(FormatError, match=reason) as caught:
        RPARIS.read(tmp_path, "test")
    assert str(path) in str(caught.value)
    pickled(tmp_path, "rparis6k", ["no dict"])
    with pytest.raises(FormatError, match="no list 'imlist'"):
        RPARIS.read(tmp_path, "test")
