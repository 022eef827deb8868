"""Google Landmarks v2: retrieval and recognition by hand, training sets, damaged tables."""

from pathlib import Path

import pytest

from placeprint.datasets.layouts.landmarks.google_landmarks import LAYOUT
from placeprint.datasets.photo_set import PhotoSet
from placeprint.errors import FormatError, PlaceprintError

IDS = ["0123456789abcdef", "a1b2c3d4e5f60718", "ffee000000000001", "000000000000000a"]
TESTS = ["7777000000000001", "7777000000000002", "7777000000000003", "7777000000000004"]


def write(folder: Path, name: str, *rows: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("\n".join(rows) + "\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    meta = tmp_path / "metadata"
    write(meta, "index.csv", "id", *IDS)
    solved = [
        f"{TESTS[0]},{IDS[2]} {IDS[0]},Private",
        f"{TESTS[1]},None,Ignored",
        f"{TESTS[2]},{IDS[3]},Public",
        f"{TESTS[3]},{IDS[1]} {IDS[1]},Private",
    ]
    write(meta, "retrieval_solution_v2.1.csv", "id,images,Usage", *solved)
    return tmp_path


def names(photos: PhotoSet) -> list[str]:
    return [photo.path.stem for photo in photos]


def test_retrieval(folder: Path) -> None:
    assert LAYOUT.splits(folder) == ("retrieval-public", "retrieval-private")
    found = LAYOUT.read(folder, "retrieval-private")
    assert names(found.database) == IDS
    assert found.database[0].path == folder / "index" / "0" / "1" / "2" / f"{IDS[0]}.jpg"
    assert names(found.queries) == [TESTS[0], TESTS[3]]
    assert found.queries[0].path == folder / "test" / "7" / "7" / "7" / f"{TESTS[0]}.jpg"
    assert [ids.tolist() for ids in found.listed["positive"]] == [[0, 2], [1]]
    public = LAYOUT.read(folder, "retrieval-public")
    assert names(public.queries) == [TESTS[2]]
    assert [ids.tolist() for ids in public.listed["positive"]] == [[3]]
    assert names(found.database[1:3]) == IDS[1:3]
    assert found.name == "google-landmarks-v2/retrieval-private"
    assert len(found.fingerprint) == 16


def test_thousands_of_photos_in_one_field(folder: Path) -> None:
    many = [f"{number:016x}" for number in range(10_000)]
    write(folder, "train_clean.csv", "landmark_id,images", "5," + " ".join(many))
    assert names(LAYOUT.read(folder, "train-clean").database) == many


def test_photos_may_lie_in_images(folder: Path) -> None:
    (folder / "images" / "index").mkdir(parents=True)
    found = LAYOUT.read(folder, "retrieval-public")
    assert found.database[1].path == folder.joinpath("images", "index", "a", "1", "b", f"{IDS[1]}.jpg")
    assert found.queries[0].path.is_relative_to(folder / "test")


def test_recognition_and_training(folder: Path) -> None:
    rows = [f"{id_},http://x.org/{id_}.jpg,{label}" for id_, label in zip(IDS, (20, 3, 20, 100), strict=True)]
    rows[1] = f'{IDS[1]},"http://x.org/a,b.jpg",3'
    write(folder / "train", "train.csv", "id,url,landmark_id", *rows)
    write(folder / "train", "train_clean.csv", "landmark_id,images", f"20,{IDS[2]} {IDS[0]}", f"3,{IDS[1]}")
    solved = [
        f"{TESTS[0]},20,Public",
        f"{TESTS[1]},,Public",
        f"{TESTS[2]},3 20,Public",
        f"{TESTS[3]},9,Private",
    ]
    write(folder / "test", "recognition_solution_v2.1.csv", "id,landmarks,Usage", *solved)
    splits = [f"{task}-{side}" for task in ("retrieval", "recognition") for side in ("public", "private")]
    assert LAYOUT.splits(folder) == (*splits, "train", "train-clean")

    found = LAYOUT.read(folder, "recognition-public")
    assert found.database.labels is not None
    assert found.queries.labels is not None
    assert found.database.labels.tolist() == ["20", "3", "20", "100"]
    assert found.queries.labels.tolist() == ["20", "", "3"]
    assert [ids.tolist() for ids in found.same_label()] == [[0, 2], [], [1]]
    assert [ids.tolist() for ids in found.listed["positive"]] == [[0, 2], [], [0, 1, 2]]
    assert list(found.notes) == ["1 queries show several landmarks: their label is the first"]
    private = LAYOUT.read(folder, "recognition-private")
    assert [ids.tolist() for ids in private.listed["positive"]] == [[]]
    assert list(private.notes) == []

    train, clean = LAYOUT.read(folder, "train"), LAYOUT.read(folder, "train-clean")
    assert names(train.database) == IDS
    assert train.queries is train.database
    assert names(clean.database) == [IDS[2], IDS[0], IDS[1]]
    assert clean.database.labels is not None
    assert clean.database.labels.tolist() == ["20", "20", "3"]
    assert clean.database[0].path == folder.joinpath("train", "f", "f", "e", f"{IDS[2]}.jpg")


@pytest.mark.parametrize(
    ("table", "rows", "reason"),
    [
        ("index.csv", ["id", IDS[0]], f"names {IDS[2]}, which index.csv does not list"),
        ("index.csv", ["name", *IDS], "index.csv: no column id"),
        ("index.csv", ["id", *IDS, "../etc"], "'../etc' is not the id of a index photo"),
        ("index.csv", ["id", *IDS, "ab"], "'ab' is not the id"),
        ("retrieval_solution_v2.1.csv", ["id,images,Usage", "x,y"], "line 2: 2 fields, not 3"),
        ("retrieval_solution_v2.1.csv", [""], "no column id, images, Usage"),
    ],
)
def test_damaged_tables_are_named(folder: Path, table: str, rows: list[str], reason: str) -> None:
    write(folder / "metadata", table, *rows)
    with pytest.raises(FormatError, match=reason):
        LAYOUT.read(folder, "retrieval-private")


def test_binary_tables_and_absent_splits(folder: Path) -> None:
    (folder / "metadata" / "index.csv").write_bytes(b"id\n\xff\xfe\x00\n")
    with pytest.raises(FormatError, match=r"index\.csv is not a CSV file"):
        LAYOUT.read(folder, "retrieval-public")
    with pytest.raises(PlaceprintError, match="no split 'train'"):
        LAYOUT.read(folder, "train")
    (folder / "metadata" / "index.csv").unlink()
    assert LAYOUT.splits(folder) == ()
    assert LAYOUT.published["retrieval-public"][1] + LAYOUT.published["retrieval-private"][1] == 1_129
