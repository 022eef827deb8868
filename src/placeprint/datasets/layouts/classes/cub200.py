"""CUB-200-2011 (Wah et al., 2011), split for metric learning: half the classes are unseen in training."""

from pathlib import Path

import numpy as np

from placeprint.datasets.layout import Layout, register
from placeprint.datasets.layouts.classes.labeled import labeled, require
from placeprint.datasets.layouts.own.photo_folder import is_file
from placeprint.datasets.layouts.own.text_list import AGAIN, keyed, numbers
from placeprint.datasets.place_dataset import PlaceDataset
from placeprint.errors import FormatError

LISTS = ("images.txt", "image_class_labels.txt")
BOXES = "bounding_boxes.txt"
TRAIN_CLASSES = 100


def _splits(folder: Path) -> tuple[str, ...]:
    return ("train", "test") if all(is_file(folder / name) for name in LISTS) else ()


def _read(folder: Path, split: str) -> PlaceDataset:
    """Classes 1 to 100 are for training, 101 to 200 for testing (Oh Song et al., CVPR 2016);
    the authors' own split, train_test_split.txt, is within the classes. Labels are the class folders."""
    require(split, _splits(folder), folder)
    images, classes = (keyed(folder / name, 2) for name in LISTS)
    boxes = keyed(folder / BOXES, 5) if is_file(folder / BOXES) else None
    chosen = [
        number
        for number in images
        if (_class(folder, classes, number) <= TRAIN_CLASSES) == (split == "train")
    ]
    names = [images[number][0] for number in chosen]
    return labeled(
        f"cub200/{split}",
        [folder / "images" / name for name in names],
        [Path(name).parent.name for name in names],
        None if boxes is None else np.array([_sides(folder, boxes, n) for n in chosen], float).reshape(-1, 4),
    )


def _class(folder: Path, classes: dict[str, list[str]], number: str) -> float:
    return _of_photo(folder / LISTS[1], classes, number)[0]


def _sides(folder: Path, boxes: dict[str, list[str]], number: str) -> list[float]:
    """Left, top, right, bottom; the file has left, top, width, height."""
    left, top, width, height = _of_photo(folder / BOXES, boxes, number)[:4]
    return [left, top, left + width, top + height]


def _of_photo(file: Path, rows: dict[str, list[str]], number: str) -> list[float]:
    if number not in rows:
        raise FormatError(f"{file}: photo {number} of images.txt is missing", AGAIN)
    return numbers(file, rows[number])


LAYOUT = register(
    Layout(
        name="cub200",
        title="Caltech-UCSD Birds 200-2011",
        origin="data.caltech.edu/records/65de6-vp158: CUB_200_2011.tgz",
        splits=_splits,
        read=_read,
        published={"train": (5_864, 5_864), "test": (5_924, 5_924)},
        guess=200,
    )
)
