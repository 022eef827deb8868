"""Sets of labeled photos: CUB-200, Cars196, Online Products, Landmarks, and plain class folders."""

from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from placeprint.datasets.layout import Layout
from placeprint.datasets.layouts.classes import cars196, class_folders, cub200, online_products
from placeprint.datasets.layouts.landmarks import landmarks
from placeprint.datasets.place_dataset import PlaceDataset
from placeprint.errors import FormatError, PlaceprintError


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def paths(dataset: PlaceDataset, folder: Path) -> list[str]:
    assert dataset.queries is dataset.database
    return [photo.path.relative_to(folder).as_posix() for photo in dataset.database]


def labels(dataset: PlaceDataset) -> list[str]:
    assert dataset.database.labels is not None
    return list(dataset.database.labels.tolist())


def cub(folder: Path, boxes: bool = True) -> None:
    classes = {1: "001.Albatross", 100: "100.Pelican", 101: "101.Pelican", 200: "200.Yellowthroat"}
    images = [(1, 1), (2, 100), (3, 101), (4, 200), (5, 100)]
    (folder / "images.txt").write_text("".join(f"{n} {classes[c]}/{n:04}.jpg\n" for n, c in images))
    (folder / "image_class_labels.txt").write_text("".join(f"{n} {c}\n" for n, c in reversed(images)))
    if boxes:
        rows = "".join(f"{n} {n}.0 {10 * n}.0 325.0 {c}.5\n" for n, c in images)
        (folder / "bounding_boxes.txt").write_text(rows)


def test_cub200(tmp_path: Path) -> None:
    assert cub200.LAYOUT.splits(tmp_path) == ()
    cub(tmp_path)
    assert cub200.LAYOUT.splits(tmp_path) == ("train", "test")
    train, test = (cub200.LAYOUT.read(tmp_path, split) for split in ("train", "test"))
    assert paths(train, tmp_path / "images") == [
        *("001.Albatross/0001.jpg", "100.Pelican/0002.jpg", "100.Pelican/0005.jpg")
    ]
    assert labels(train) == ["001.Albatross", "100.Pelican", "100.Pelican"]
    assert labels(test) == ["101.Pelican", "200.Yellowthroat"]
    assert [ids.tolist() for ids in train.same_label()] == [[0], [1, 2], [1, 2]]
    assert test.database.boxes is not None
    assert test.database.boxes.tolist() == [[3.0, 30.0, 328.0, 131.5], [4.0, 40.0, 329.0, 240.5]]


def test_cub200_without_boxes_and_damaged(tmp_path: Path) -> None:
    cub(tmp_path, boxes=False)
    assert cub200.LAYOUT.read(tmp_path, "test").database.boxes is None
    (tmp_path / "bounding_boxes.txt").write_text("1 1.0 1.0 1.0 1.0\n")
    with pytest.raises(FormatError, match=r"bounding_boxes.txt: photo 2 of images.txt is missing"):
        cub200.LAYOUT.read(tmp_path, "train")
    (tmp_path / "image_class_labels.txt").write_text("1\n")
    with pytest.raises(FormatError, match=r"image_class_labels.txt, line 1: 1 fields, not 2"):
        cub200.LAYOUT.read(tmp_path, "train")


def annotations(file: Path, field: str, rows: list[tuple[str, int]]) -> None:
    kinds = [*cars196.SIDES, "class", field]
    record = np.zeros((1, len(rows)), [(name, object) for name in kinds])
    for row, (photo, label) in enumerate(rows):
        sides = (np.uint8(row), np.uint16(20 + row), np.uint16(300 + row), np.uint16(40 + row))
        record[0, row] = (*sides, np.uint8(label), photo)
    savemat(file, {"annotations": record})


@pytest.fixture(params=["whole", "devkit", "devkit beside the photos"])
def cars(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, list[str]]:
    if request.param == "whole":
        rows = [("car_ims/000001.jpg", 1), ("car_ims/000002.jpg", 99), ("car_ims/000003.jpg", 98)]
        annotations(tmp_path / "cars_annos.mat", "relative_im_path", [*rows, ("car_ims/000004.jpg", 196)])
        return tmp_path, [f"car_ims/{n:06}.jpg" for n in (1, 3, 2, 4)]
    (tmp_path / "devkit").mkdir()
    train, test = (tmp_path / "devkit" / name for name in cars196.PARTS)
    if request.param != "devkit":
        test = tmp_path / test.name
    annotations(train, "fname", [("00001.jpg", 1), ("00002.jpg", 99)])
    assert cars196.LAYOUT.splits(tmp_path) == ()
    annotations(test, "fname", [("00001.jpg", 98), ("00002.jpg", 196)])
    return tmp_path, [f"cars_{side}/{n:05}.jpg" for n in (1, 2) for side in ("train", "test")]


def test_cars196(cars: tuple[Path, list[str]]) -> None:
    folder, expected = cars
    assert cars196.LAYOUT.splits(folder) == ("train", "test")
    train, test = (cars196.LAYOUT.read(folder, split) for split in ("train", "test"))
    assert paths(train, folder) + paths(test, folder) == expected
    assert (labels(train), labels(test)) == (["1", "98"], ["99", "196"])
    assert train.database.boxes is not None
    assert train.database.boxes.tolist()[0] == [0.0, 20.0, 300.0, 40.0]


def test_cars196_of_one_photo_and_damaged(tmp_path: Path) -> None:
    file = tmp_path / "cars_annos.mat"
    annotations(file, "relative_im_path", [("car_ims/000001.jpg", 1)])
    assert labels(cars196.LAYOUT.read(tmp_path, "train")) == ["1"]
    assert len(cars196.LAYOUT.read(tmp_path, "test").database) == 0
    whole = file.read_bytes()
    for content in (b"", b"<html>" * 200, whole[:50], whole[:127], whole[:128], whole[:200], whole[:-40]):
        file.write_bytes(content)
        with pytest.raises(FormatError, match=r"cars_annos.mat is damaged or has other fields"):
            cars196.LAYOUT.read(tmp_path, "train")
    annotations(file, "fname", [("000001.jpg", 1)])
    with pytest.raises(FormatError, match="relative_im_path"):
        cars196.LAYOUT.read(tmp_path, "train")


def test_online_products(tmp_path: Path) -> None:
    header = "image_id class_id super_class_id path\n"
    (tmp_path / "Ebay_test.txt").write_text(
        header + "59552 11319 1 bicycle_final/a_0.JPG\n2 3 4 chair_final/b.JPG\n"
    )
    assert online_products.LAYOUT.splits(tmp_path) == ("test",)
    found = online_products.LAYOUT.read(tmp_path, "test")
    assert paths(found, tmp_path) == ["bicycle_final/a_0.JPG", "chair_final/b.JPG"]
    assert labels(found) == ["11319", "3"]
    for text in ("", "1 2 3 a.JPG\n"):
        (tmp_path / "Ebay_test.txt").write_text(text)
        with pytest.raises(FormatError, match=r"Ebay_test.txt: its first line"):
            online_products.LAYOUT.read(tmp_path, "test")


def test_landmarks_of_urls(tmp_path: Path) -> None:
    lists = tmp_path / "annotations"
    lists.mkdir()
    rows = [
        "http://h.org/a/Tower%20One.jpg 7 10 200 30 400",
        "http://h.org/dead.jpg 7",
        "http://h.org/[b/x%201.jpg?size=1/2 8",
        "http://h.org/b/1.jpg 8",
        "http://other.org/1.jpg 9",
        "http://h.org/twice.jpg 9",
        "C/own.jpg 10",
    ]
    (lists / "annotation_clean_train.txt").write_text("\n".join(rows) + "\n")
    touch(tmp_path, "img/7/Tower One.jpg", "img/x%201.jpg", "1.jpg", "p/twice.jpg", "q/twice.jpg")
    assert landmarks.LAYOUT.splits(tmp_path) == ("clean-train",)
    found = landmarks.LAYOUT.read(tmp_path, "clean-train")
    assert paths(found, tmp_path) == ["img/7/Tower One.jpg", "img/x%201.jpg", "C/own.jpg"]
    assert labels(found) == ["7", "8", "10"]
    assert list(found.notes) == [
        "1 of 7 listed photos are missing",
        "3 left out: their file name fits several photos",
    ]


def test_landmarks_listed_by_path_need_no_photos(tmp_path: Path) -> None:
    (tmp_path / "annotation_full_val.txt").write_text("a/1.jpg 3\nb/1.jpg 4\n")
    found = landmarks.LAYOUT.read(tmp_path, "full-val")
    assert paths(found, tmp_path) == ["a/1.jpg", "b/1.jpg"]
    assert list(found.notes) == []
    touch(tmp_path, "2.jpg")
    urls = ["http://h.org/2.jpg 5", "http://o.org/2.jpg 5", "http://h.org/0.jpg 5", "http://o.org/0.jpg 5"]
    (tmp_path / "annotation_full_val.txt").write_text("\n".join(["a/2.jpg 3", *urls]))
    found = landmarks.LAYOUT.read(tmp_path, "full-val")
    assert paths(found, tmp_path) == ["a/2.jpg"]
    assert [note.split()[0] for note in found.notes] == ["2", "2"]
    (tmp_path / "annotation_full_val.txt").write_text("http://h.org/1.jpg 3\n")
    with pytest.raises(PlaceprintError, match="none of the 1 listed photos is there"):
        landmarks.LAYOUT.read(tmp_path, "full-val")


def test_class_folders(tmp_path: Path) -> None:
    touch(tmp_path, "tree/b.jpg", "tree/a.jpg", "car/deep/x.jpg", "car/y.png", "stray.jpg", "empty/notes.txt")
    assert class_folders.LAYOUT.splits(tmp_path) == ("all",)
    found = class_folders.LAYOUT.read(tmp_path, "all")
    assert paths(found, tmp_path) == ["car/deep/x.jpg", "car/y.png", "tree/a.jpg", "tree/b.jpg"]
    assert labels(found) == ["car", "car", "tree", "tree"]
    assert found.name == f"{tmp_path.name}/all"


def test_class_folders_side_by_side(tmp_path: Path) -> None:
    touch(tmp_path, "val/tree/a.jpg", "val/car/a.jpg", "train/tree/b.jpg", "train/car/c.jpg", "lists/x/a.txt")
    assert class_folders.LAYOUT.splits(tmp_path) == ("train", "val")
    assert paths(class_folders.LAYOUT.read(tmp_path, "val"), tmp_path) == ["val/car/a.jpg", "val/tree/a.jpg"]
    with pytest.raises(PlaceprintError, match="Its splits: train, val"):
        class_folders.LAYOUT.read(tmp_path, "all")


@pytest.mark.parametrize(
    "names",
    [
        ("a.jpg", "b.jpg"),
        ("images/a.jpg", "gt/a.txt"),
        ("database/a.jpg", "queries/a.jpg"),
        ("test/Database/a.jpg", "test/Query/a.jpg"),
        (".git/a.jpg", ".cache/a.jpg"),
    ],
)
def test_what_is_no_class_folder(tmp_path: Path, names: tuple[str, ...]) -> None:
    touch(tmp_path, *names)
    assert class_folders.LAYOUT.splits(tmp_path) == ()


@pytest.mark.parametrize(
    "layout", [each.LAYOUT for each in (cub200, cars196, online_products, landmarks, class_folders)]
)
def test_a_folder_of_something_else(tmp_path: Path, layout: Layout) -> None:
    for folder in (tmp_path, tmp_path / "nowhere", Path(__file__)):
        assert layout.splits(folder) == ()
        with pytest.raises(PlaceprintError, match=r"there is no split 'train'\. Its splits: none"):
            layout.read(folder, "train")


def test_published_counts_add_up() -> None:
    totals = [
        sum(pair[0] for pair in each.LAYOUT.published.values()) for each in (cub200, cars196, online_products)
    ]
    assert totals == [11_788, 16_185, 120_053]
