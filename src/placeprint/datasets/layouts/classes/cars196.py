"""Cars196 (Krause et al., 3dRR 2013), split for metric learning: half the classes are unseen in training."""

from pathlib import Path
from typing import Any

import numpy as np

from placeprint.datasets.layout import Layout, register
from placeprint.datasets.layouts.classes.labeled import labeled, require
from placeprint.datasets.layouts.own.photo_folder import first_file
from placeprint.datasets.layouts.own.text_list import AGAIN
from placeprint.datasets.place_dataset import PlaceDataset
from placeprint.errors import FormatError, needing

PLACES = (".", "devkit", "labels")
WHOLE = "cars_annos.mat"
PARTS = {"cars_train_annos.mat": "cars_train", "cars_test_annos_withlabels.mat": "cars_test"}
SIDES = ("bbox_x1", "bbox_y1", "bbox_x2", "bbox_y2")
TRAIN_CLASSES = 98


def _files(folder: Path) -> dict[Path, str]:
    """{annotations: folder of their photos}: the one file of car_ims, or the two of the devkit."""
    whole = first_file(folder, PLACES, WHOLE)
    if whole:
        return {whole: "."}
    parts = {first_file(folder, PLACES, name): place for name, place in PARTS.items()}
    return {} if None in parts else {file: place for file, place in parts.items() if file}


def _splits(folder: Path) -> tuple[str, ...]:
    return ("train", "test") if _files(folder) else ()


def _read(folder: Path, split: str) -> PlaceDataset:
    """Classes 1 to 98 are for training, 99 to 196 for testing (Oh Song et al., CVPR 2016); the authors' own
    split is within the classes. Labels are the class numbers, and boxes are in MATLAB's pixel coordinates as
    given by the authors: the first pixel is 1.
    """
    require(split, _splits(folder), folder)
    paths, labels, boxes = [], [], []
    for file, place in _files(folder).items():
        name = "relative_im_path" if place == "." else "fname"
        for row in _annotations(file, (*SIDES, "class", name)):
            *box, number, photo = row
            if (number <= TRAIN_CLASSES) == (split == "train"):
                paths.append(folder / place / photo)
                labels.append(str(number))
                boxes.append(box)
    return labeled(f"cars196/{split}", paths, labels, np.array(boxes, float).reshape(-1, 4))


def _annotations(file: Path, names: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """These fields of each annotation: integers, with the file name last."""
    with needing("research", "Reading MATLAB files"):
        from scipy.io import loadmat

    try:
        rows = np.atleast_1d(loadmat(file, squeeze_me=True)["annotations"])
        columns = [rows[name] for name in names]
        return [(*map(int, row[:-1]), str(row[-1])) for row in zip(*columns, strict=True)]
    except Exception as error:  # a damaged .mat file may raise anything
        raise FormatError(f"{file} is damaged or has other fields ({error})", AGAIN) from error


LAYOUT = register(
    Layout(
        name="cars196",
        title="Stanford Cars 196",
        origin="ai.stanford.edu/~jkrause/cars/car_dataset.html: car_ims.tgz, cars_annos.mat or the devkit",
        splits=_splits,
        read=_read,
        published={"train": (8_054, 8_054), "test": (8_131, 8_131)},
        guess=210,
    )
)
