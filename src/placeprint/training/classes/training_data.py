"""The labeled photos of a recipe, with their classes split into training and validation classes."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Int64
from placeprint.datasets import PhotoSet, PlaceDataset, read_dataset
from placeprint.errors import PlaceprintError
from placeprint.training.classes.sampler import ClassSampler
from placeprint.training.config import ClassMining, TrainingConfig
from placeprint.training.images.sources import Images, PhotoImages


@dataclass(frozen=True, eq=False)
class ClassEpoch:
    """Images, their classes as numbers, and the photos they belong to."""

    images: Images
    labels: Int64
    photos: PhotoSet


class ClassTrainingData:
    """What `config` trains on, and `validation`: photos of one split of a data set, divided by
    `held_out_classes`.

    `validation` has the photos of the held-out classes both as database and as queries. Raises
    PlaceprintError for a data set without labels, and if either part has fewer than two classes.
    """

    def __init__(self, config: TrainingConfig, folder: Path) -> None:
        mining = config.mining
        assert isinstance(mining, ClassMining)
        self.config, self.mining = config, mining
        dataset = read_dataset(folder, config.data.split, config.data.layout)
        photos, labels = _labeled(dataset)
        held_out = np.isin(labels, held_out_classes(labels, mining.validation_share))
        parts = [photos.take(np.flatnonzero(part)) for part in (~held_out, held_out)]
        if any(len(np.unique(labels[part])) < 2 for part in (~held_out, held_out)):
            raise PlaceprintError(
                f"{dataset.name} has {len(np.unique(labels))} classes: too few to train and validate on",
                "Label photos of at least four classes, or change mining.validation_share",
            )
        self.photos = parts[0]
        self.labels = np.unique(labels[~held_out], return_inverse=True)[1].astype(np.int64)
        self.validation = PlaceDataset(f"{dataset.name}, held-out classes", parts[1], parts[1])

    def paths(self) -> list[Path]:
        """The files of the training photos."""
        return [photo.path for photo in self.photos]

    def of_epoch(self, epoch: int) -> ClassEpoch:
        """The same for every epoch."""
        data = self.config.data
        images = PhotoImages(self.paths(), data.size, data.augmentation, self.config.seed)
        return ClassEpoch(images, self.labels, self.photos)

    def sampler(self) -> ClassSampler:
        """Raises PlaceprintError if fewer than two classes have enough photos."""
        made = ClassSampler(self.labels, self.config.run.batch, self.mining.per_class, self.config.seed)
        if made.steps == 0:
            raise PlaceprintError(
                f"fewer than two classes have {self.mining.per_class} photos", "Lower mining.per_class"
            )
        return made


def held_out_classes(labels: NDArray[np.str_], share: float) -> list[str]:
    """The last `share` of the classes in natural order of their names (numbers compare as numbers)."""
    names = sorted(set(labels.tolist()), key=_natural)
    return names[len(names) - round(share * len(names)) :]


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"([0-9]+)", name)]


def _labeled(dataset: PlaceDataset) -> tuple[PhotoSet, NDArray[np.str_]]:
    """Both sides in one list: photos on both sides appear once, unlabeled photos are left out."""
    sides = (dataset.database, dataset.queries)
    if any(side.labels is None for side in sides):
        raise PlaceprintError(
            f"{dataset.name} has no labels", 'Use a data set with classes, or mining.kind = "tuples"'
        )
    labels = np.concatenate([side.labels for side in sides if side.labels is not None])
    photos = [photo for side in sides for photo in side]
    rows = {photo.path: row for row, photo in enumerate(photos)}
    known = np.array([row for row in sorted(rows.values()) if labels[row]], np.int64)
    return PhotoSet([photos[row] for row in known], labels=labels[known]), labels[known]
