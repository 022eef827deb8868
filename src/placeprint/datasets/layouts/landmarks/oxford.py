"""Oxford5k (Philbin et al., CVPR 2007) and Paris6k (Philbin et al., CVPR 2008) with VGG's own lists."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from placeprint.arrays import Int64
from placeprint.datasets.layout import Layout, register
from placeprint.datasets.layouts.classes.labeled import require
from placeprint.datasets.layouts.own.photo_folder import first_file, locate
from placeprint.datasets.layouts.own.text_list import fields, numbers
from placeprint.datasets.photo_set import PhotoSet
from placeprint.datasets.place_dataset import PlaceDataset
from placeprint.errors import FormatError
from placeprint.photos import PhotoRecord

GRADES = ("good", "ok", "junk")
QUERY = "_query.txt"
CORRUPT = frozenset(
    f"paris_{name}"
    for name in (
        *("louvre_000136", "louvre_000146", "moulinrouge_000422", "museedorsay_001059", "notredame_000188"),
        *("pantheon_000284", "pantheon_000960", "pantheon_000974", "pompidou_000195", "pompidou_000196"),
        *("pompidou_000201", "pompidou_000467", "pompidou_000640", "sacrecoeur_000299", "sacrecoeur_000330"),
        *("sacrecoeur_000353", "triomphe_000662", "triomphe_000833", "triomphe_000863", "triomphe_000867"),
    )
)
"""VGG's corrupt.txt: HTML pages saved under the name of a photo."""


@dataclass(frozen=True)
class Buildings:
    """Photos of buildings; `<landmark>_<number>_{query,good,ok,junk}.txt` is the ground truth of a query.

    - `landmark`: one that identifies the data set.
    - `prefix`: written before the photo's name in the query files, and nowhere else.
    - `places`: folders where people keep the photos.
    - `corrupt`: names of files that are not photos.
    """

    name: str
    landmark: str
    places: tuple[str, ...]
    prefix: str = ""
    corrupt: frozenset[str] = frozenset()

    def splits(self, folder: Path) -> tuple[str, ...]:
        """See `Layout`."""
        return ("test",) if self._truth(folder) else ()

    def read(self, folder: Path, split: str) -> PlaceDataset:
        """See `Layout`. The database is the photo folder, by name; without one, what the lists name."""
        require(split, self.splits(folder), folder)
        truth = self._truth(folder) or folder
        stems = sorted((file.name.removesuffix(QUERY) for file in truth.glob(f"*{QUERY}")), key=_number)
        asked = [self._query(truth / f"{stem}{QUERY}") for stem in stems]
        graded = {grade: [_names(truth / f"{stem}_{grade}.txt") for stem in stems] for grade in GRADES}
        named = {name for lists in graded.values() for names in lists for name in names}
        named |= {name for name, _ in asked}
        notes = []
        photos = locate(folder, self.places, named)
        if not photos:
            photos = {name: folder / self.places[0] / f"{name}.jpg" for name in named}
            notes.append(f"no photos found: the database is the {len(named)} named in the ground truth")
        root = next(iter(photos.values())).parent
        stored = sorted(photos.keys() - self.corrupt)
        if len(stored) < len(photos):
            notes.append(f"{len(photos) - len(stored)} corrupt files left out")
        absent = named - self.corrupt - photos.keys()
        if absent:
            notes.append(f"{len(absent)} photos of the ground truth are missing, such as {min(absent)}")
        row = {name: number for number, name in enumerate(stored)}
        return PlaceDataset(
            f"{self.name}/{split}",
            PhotoSet([PhotoRecord(photos[name], None) for name in stored]),
            PhotoSet(
                [PhotoRecord(photos.get(name, root / f"{name}.jpg"), None) for name, _ in asked],
                boxes=np.array([box for _, box in asked], float).reshape(-1, 4),
            ),
            {grade: [_rows(names, row) for names in lists] for grade, lists in graded.items()},
            notes,
        )

    def _truth(self, folder: Path) -> Path | None:
        """The folder with the lists: this one, or one directly below."""
        known = f"{self.landmark}_1{QUERY}"
        try:
            with os.scandir(folder) as entries:
                below = sorted(entry.name for entry in entries if entry.is_dir())
        except OSError:
            return None
        file = first_file(folder, (".", *below), known)
        return file.parent if file else None

    def _query(self, file: Path) -> tuple[str, list[float]]:
        lines = fields(file, 5)
        if len(lines) != 1:
            raise FormatError(f"{file}: {len(lines)} lines instead of one", "Unpack the ground truth again")
        name, *box = lines[0][:5]
        return name.removeprefix(self.prefix), numbers(file, box)


def _names(file: Path) -> list[str]:
    return [parts[0] for parts in fields(file, 1)]


def _number(stem: str) -> tuple[str, int]:
    landmark, _, number = stem.rpartition("_")
    return landmark, int(number) if number.isdecimal() else 0


def _rows(names: Iterable[str], row: dict[str, int]) -> Int64:
    return np.array(sorted({row[name] for name in names if name in row}), np.int64)


OXFORD5K = Buildings(
    "oxford5k",
    "all_souls",
    ("images", "jpg", "oxbuild_images", "oxbuild_images-v1", "."),
    prefix="oxc1_",
)
PARIS6K = Buildings("paris6k", "defense", ("images", "jpg", "paris", "."), corrupt=CORRUPT)
LAYOUTS = (
    register(
        Layout(
            name="oxford5k",
            title="Oxford Buildings 5k: VGG's ground truth in text files",
            origin="robots.ox.ac.uk/~vgg/data/oxbuildings: oxbuild_images-v1.tgz, gt_files_170407.tgz",
            splits=OXFORD5K.splits,
            read=OXFORD5K.read,
            # The page says 5,062; the archive holds one more, and so do the published evaluations.
            published={"test": (5_063, 55)},
            guess=150,
        )
    ),
    register(
        Layout(
            name="paris6k",
            title="Paris 6k: VGG's ground truth in text files",
            origin="robots.ox.ac.uk/~vgg/data/parisbuildings: paris_1-v1.tgz, paris_2-v1.tgz, "
            "paris_120310.tgz",
            splits=PARIS6K.splits,
            read=PARIS6K.read,
            # 6,412 files, of which 20 are corrupt.
            published={"test": (6_392, 55)},
            guess=151,
        )
    ),
)
