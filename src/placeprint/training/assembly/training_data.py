"""The training images of a recipe, their weak labels, and where its batches come from."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from placeprint.arrays import Int64
from placeprint.datasets import PhotoSet, PlaceDataset, read_dataset
from placeprint.datasets.layouts.own.table import training_photos
from placeprint.datasets.panoramas import Panorama, panoramas
from placeprint.errors import PlaceprintError
from placeprint.training.config import ClassMining, PairMining, TrainingConfig
from placeprint.training.images.panorama_views import draw_views, photos_of
from placeprint.training.images.sources import Images, PhotoImages, ViewImages
from placeprint.training.mining.labels.hard_places import HardPlaces
from placeprint.training.mining.labels.position_labels import PositiveRule, weak_labels, weak_labels_of_photos
from placeprint.training.mining.labels.positives import PositiveOf, any_positive
from placeprint.training.mining.labels.weak_labels import WeakLabels
from placeprint.training.mining.pair_sampler import PairSampler


@dataclass(frozen=True, eq=False)
class Epoch:
    """Images, their labels, and the photos they belong to, in one joint list: the database comes first."""

    images: Images
    labels: WeakLabels
    photos: PhotoSet


class TrainingData:
    """What `config` trains on, from a data set's folder.

    Photos as they are: the database and the queries of the split. Views of panoramas: all photos of the split
    in one list, each view a query against the others, sampled anew for each epoch unless maps are cached.
    """

    def __init__(self, config: TrainingConfig, folder: Path) -> None:
        assert not isinstance(config.mining, ClassMining)
        self.config, self.mining = config, config.mining
        self.panoramas: list[Panorama] = []
        if config.data.views == "panorama":
            self.photos = training_photos(_table(folder), config.data.split)
            self.panoramas = panoramas(self.photos, whole_only=True)
            if not self.panoramas:
                raise PlaceprintError(f"{folder} has no complete panorama", 'Set data.views = "photo"')
            self.dataset = None
        else:
            self.dataset = read_dataset(folder, config.data.split, config.data.layout)
            self.photos = PhotoSet([*self.dataset.database, *self.dataset.queries])
        self.epoch = lru_cache(2)(self._epoch)

    @property
    def database_size(self) -> int:
        """How many of the photos, which come first, belong to the database."""
        return len(self._placed().database)

    def paths(self) -> list[Path]:
        """The photo files, without duplicates."""
        return list(dict.fromkeys(photo.path for photo in self.photos))

    def of_epoch(self, epoch: int) -> Epoch:
        """The same for each epoch if the images do not change."""
        fixed = self.dataset is not None or self.config.network.cache_stage
        found: Epoch = self.epoch(0 if fixed else epoch)
        return found

    @lru_cache(maxsize=2)  # noqa: B019  # lives as long as the run
    def pairs(
        self, epoch: int, positive_of: PositiveOf = any_positive, hard: HardPlaces | None = None
    ) -> PairSampler:
        """The pairs of an epoch, one per panorama (or per photo, for photos that belong to no panorama)."""
        of = self.of_epoch(epoch)
        names = [photo.panorama or str(photo.path) for photo in of.photos]
        batch, seed = self.config.run.batch, self.config.seed
        return PairSampler(of.labels, _by_name(names), batch, seed, positive_of, hard)

    def _epoch(self, epoch: int) -> Epoch:
        data, seed = self.config.data, self.config.seed
        if self.dataset is not None:
            images: Images = PhotoImages(
                [photo.path for photo in self.photos], data.size, data.augmentation, seed
            )
            if isinstance(self.mining, PairMining):
                return Epoch(
                    images, weak_labels_of_photos(self.photos, self._rule(), self._far()), self.photos
                )
            return Epoch(images, weak_labels(self._placed(), self._rule(), self._far()), self.photos)
        views = draw_views(
            self.panoramas, data.views_per_panorama, data.field_of_view, data.pitch, seed, epoch
        )
        photos = photos_of(self.panoramas, views)
        side = int(data.size.removeprefix("exact:").split("x")[0])
        images = ViewImages(self.panoramas, views, side, data.augmentation, seed)
        return Epoch(images, weak_labels_of_photos(photos, self._rule(), self._far()), photos)

    def _placed(self) -> PlaceDataset:
        assert self.dataset is not None
        return self.dataset

    def _far(self) -> float:
        return self.mining.negative_radius

    def _rule(self) -> PositiveRule:
        mining = self.mining
        if isinstance(mining, PairMining):
            has_panoramas = any(photo.panorama for photo in self.photos)
            return PositiveRule(mining.positive_radius, other_panorama=has_panoramas, turn=mining.turn)
        return PositiveRule(
            mining.positive_radius,
            mining.beyond,
            mining.other_panorama,
            mining.other_time,
            mining.turn,
        )


def _table(folder: Path) -> Path:
    table = folder / "photos.csv" if folder.is_dir() else folder
    if not table.is_file():
        raise PlaceprintError(
            f"{folder} has no photos.csv", 'Views of panoramas need it; or set data.views = "photo"'
        )
    return table


def _by_name(names: Sequence[str]) -> list[Int64]:
    """Rows grouped by name, in the order of the names."""
    order = np.argsort(names, kind="stable")
    return np.split(order, np.unique(np.array(names)[order], return_index=True)[1][1:])
