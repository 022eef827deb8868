"""How a row of the training images looks: a photo or a view of a panorama, augmented or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np

from placeprint.arrays import Pixels
from placeprint.datasets.panoramas import Panorama
from placeprint.photos import load, resize
from placeprint.photos.cube_views import perspective
from placeprint.training.images.augmentation import Augmentation
from placeprint.training.images.panorama_views import PanoramaView

CHANGED = 5
"""Identifies the stream of random numbers that changes images."""


class Images(Protocol):
    """From rows of one joint list to RGB pixels (height, width, 3), all of the same size."""

    def __len__(self) -> int: ...

    def file(self, row: int) -> Path:
        """The file to name in messages about the row."""
        ...

    def load(self, row: int, epoch: int | None) -> Pixels:
        """Changed by the augmentation chosen by (seed, epoch, row); unchanged if `epoch` is None.

        Raises PhotoError for a file that cannot be read.
        """
        ...


@dataclass(frozen=True)
class PhotoImages:
    """Photos resized by a rule with a fixed size, `exact:WxH`."""

    paths: Sequence[Path]
    size: str
    augmentation: Augmentation
    seed: int

    def __len__(self) -> int:
        return len(self.paths)

    def file(self, row: int) -> Path:
        """See `Images.file`."""
        return self.paths[row]

    def load(self, row: int, epoch: int | None) -> Pixels:
        """See `Images.load`."""
        return _changed(resize(load(self.paths[row]), self.size), self.augmentation, self.seed, epoch, row)


@dataclass(frozen=True)
class ViewImages:
    """Square views cut from panoramas, with `side` pixels."""

    panoramas: Sequence[Panorama]
    views: Sequence[PanoramaView]
    side: int
    augmentation: Augmentation
    seed: int

    def __len__(self) -> int:
        return len(self.views)

    def file(self, row: int) -> Path:
        """See `Images.file`; the first face of the panorama."""
        return self.panoramas[self.views[row].panorama].faces[0]

    def load(self, row: int, epoch: int | None) -> Pixels:
        """See `Images.load`."""
        view = self.views[row]
        panorama = self.panoramas[view.panorama]
        image = perspective(
            _faces(panorama.faces),
            view.heading,
            view.pitch,
            view.field_of_view,
            (self.side, self.side),
            panorama.first_heading,
        )
        return _changed(image, self.augmentation, self.seed, epoch, row)


@lru_cache(16)
def _faces(paths: tuple[Path, ...]) -> list[Pixels]:
    """Cached, because several views of a panorama are often cut in succession."""
    return [load(path) for path in paths]


def _changed(image: Pixels, augmentation: Augmentation, seed: int, epoch: int | None, row: int) -> Pixels:
    if epoch is None:
        return image
    stream = np.random.SeedSequence([seed, epoch, row], spawn_key=(CHANGED,))
    return augmentation(image, np.random.default_rng(stream))
