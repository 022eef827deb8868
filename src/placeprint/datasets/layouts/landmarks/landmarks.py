"""Landmarks (Babenko et al., ECCV 2014) with the lists of Gordo et al. (ECCV 2016): a training set."""

import re
from collections import Counter, defaultdict
from pathlib import Path
from urllib.parse import unquote

from placeprint.datasets.layout import Layout, register
from placeprint.datasets.layouts.classes.labeled import labeled, require
from placeprint.datasets.layouts.own.photo_folder import first_file
from placeprint.datasets.layouts.own.text_list import fields
from placeprint.datasets.place_dataset import PlaceDataset
from placeprint.errors import PlaceprintError
from placeprint.photos.walk import walk

PLACES = (".", "annotations", "annotations_landmarks")
SPLITS = ("clean-train", "clean-val", "full-train", "full-val")


def _list(folder: Path, split: str) -> Path | None:
    return first_file(folder, PLACES, f"annotation_{split.replace('-', '_')}.txt")


def _splits(folder: Path) -> tuple[str, ...]:
    return tuple(split for split in SPLITS if _list(folder, split))


def _read(folder: Path, split: str) -> PlaceDataset:
    """A line has the photo's URL or its path below the folder, then its class; the rest is ignored.

    The photo of a URL is the file with the name of the URL's last part (quoted or not), anywhere below the
    folder. Many URLs are dead: lines without a file are left out and counted, and so are those whose file
    name fits several lines or several files.
    """
    require(split, _splits(folder), folder)
    lines = fields(_list(folder, split) or folder, 2)
    files: dict[str, list[Path]] = defaultdict(list)
    if any("://" in parts[0] for parts in lines):
        for path in walk(folder).paths:
            files[unquote(path.name)].append(path)
    urls = Counter(_name(url) for url in {parts[0] for parts in lines if "://" in parts[0]})
    paths, labels = [], []
    doubtful = 0
    for source, label in (parts[:2] for parts in lines):
        remote = "://" in source
        candidates = files[_name(source)] if remote else [folder / source]
        if len(candidates) > 1 or (remote and candidates and urls[_name(source)] > 1):
            doubtful += 1
        elif candidates:
            paths.append(candidates[0])
            labels.append(label)
    if not paths:
        raise PlaceprintError(
            f"{folder}: none of the {len(lines)} listed photos is there",
            "Put them in this folder, named as in their URLs",
        )
    absent = len(lines) - len(paths) - doubtful
    notes = [f"{absent} of {len(lines)} listed photos are missing"] if absent else []
    if doubtful:
        notes.append(f"{doubtful} left out: their file name fits several photos")
    return labeled(f"landmarks/{split}", paths, labels, notes=notes)


def _name(url: str) -> str:
    return unquote(re.split("[?#]", url)[0].rpartition("/")[2])


LAYOUT = register(
    Layout(
        name="landmarks",
        title="Landmarks (Neural Codes), full and clean",
        origin="Deep Image Retrieval (Gordo et al., ECCV 2016): annotations_landmarks, lists of URLs",
        splits=_splits,
        read=_read,
        guess=190,
    )
)
