"""Training images as input of the network: pixels, or the maps of its frozen stages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from placeprint.arrays import Float32, Int64, Pixels, UInt8
from placeprint.errors import PhotoError
from placeprint.networks.place_network import PlaceNetwork
from placeprint.parallel import bounded_map, cores
from placeprint.training.images.sources import Images
from placeprint.training.mining.descriptor_cache import DescriptorCache

AT_ONCE = 8
"""Images that go through the network together when nothing is trained."""


class Inputs(Protocol):
    """From rows of the training images to the input of `forward`."""

    def __len__(self) -> int: ...

    def load(self, rows: Sequence[int], epoch: int | None) -> "Loaded":
        """The images of these rows; changed by the augmentation of `epoch` unless that is None."""

    def forward(self, network: PlaceNetwork, x: Tensor) -> Tensor:
        """The vectors (m, d) of loaded images (m, ...)."""
        ...


@dataclass(frozen=True)
class Loaded:
    """`x` (m, ...): the images that could be read; `unreadable`: positions in the rows, with the error."""

    x: Tensor
    unreadable: dict[int, PhotoError]


@dataclass(frozen=True)
class PixelInputs:
    """Images that run through the whole network, augmented anew in every epoch."""

    images: Images
    preprocessing: Callable[[UInt8], Tensor]
    channels_last: bool = True

    def __len__(self) -> int:
        return len(self.images)

    def load(self, rows: Sequence[int], epoch: int | None) -> Loaded:
        """See `Inputs.load`; decoded in parallel."""
        found = list(bounded_map(lambda row: self._one(row, epoch), rows, cores()))
        bad = {i: one for i, one in enumerate(found) if isinstance(one, PhotoError)}
        good = [one for one in found if not isinstance(one, PhotoError)]
        x = self.preprocessing(np.stack(good)) if good else torch.zeros(0, 3, 1, 1)
        return Loaded(_laid_out(x, self.channels_last), bad)

    def forward(self, network: PlaceNetwork, x: Tensor) -> Tensor:
        """See `Inputs.forward`."""
        return network(x)  # type: ignore[no-any-return]

    def _one(self, row: int, epoch: int | None) -> Pixels | PhotoError:
        try:
            return self.images.load(row, epoch)
        except PhotoError as error:
            return error


@dataclass(frozen=True)
class MapInputs:
    """Maps (channels, rows, columns) that enter `stage` (None: the pooling), kept in float16 in a cache, with
    this `shape`.
    """

    cache: DescriptorCache
    images: Images
    shape: tuple[int, int, int]
    stage: str | None
    channels_last: bool = True

    def __len__(self) -> int:
        return len(self.cache)

    def load(self, rows: Sequence[int], epoch: int | None) -> Loaded:
        """See `Inputs.load`."""
        values = torch.from_numpy(self.cache.read(np.asarray(rows, np.int64)))
        bad = np.flatnonzero(np.isin(rows, self.cache.unreadable)).tolist()
        good = np.setdiff1d(np.arange(len(rows)), bad)
        x = values[torch.from_numpy(good)].view(-1, *self.shape)
        errors = {
            i: PhotoError(self.images.file(rows[i]), "could not be read when maps were made") for i in bad
        }
        return Loaded(_laid_out(x, self.channels_last), errors)

    def forward(self, network: PlaceNetwork, x: Tensor) -> Tensor:
        """See `Inputs.forward`."""
        return network.continue_from(self.stage, x)


def _laid_out(x: Tensor, channels_last: bool) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last) if channels_last else x


def describe_rows(
    inputs: Inputs,
    rows: Sequence[int],
    epoch: int | None,
    describe: Callable[[Tensor], Tensor],
    dim: int,
    missing: float = np.nan,
) -> Float32:
    """(k, dim) vectors of these rows, `AT_ONCE` images at a time, by `describe`: loaded images to vectors on
    the CPU. Images that cannot be read get rows of `missing`.
    """
    found = np.full((len(rows), dim), missing, np.float32)
    for start in range(0, len(rows), AT_ONCE):
        some = rows[start : start + AT_ONCE]
        loaded = inputs.load(some, epoch)
        good = [start + i for i in range(len(some)) if i not in loaded.unreadable]
        if good:
            found[good] = describe(loaded.x).numpy()
    return found


def cache_maps(
    folder: Path,
    fingerprint: str,
    network: PlaceNetwork,
    pixels: PixelInputs,
    stage: str | None,
    running: Callable[[], torch.autocast],
    device: torch.device,
    epoch: int | None,
    label: str,
    quiet: bool = False,
    filled: bool = False,
) -> MapInputs:
    """The maps that enter `stage` (None: the pooling), computed once for every image, augmented as in
    `epoch`.

    An interrupted computation is resumed; `fingerprint` says what is described and how. Images that cannot be
    read have no map and are never trained on. `filled`: another process has already done it.
    """
    before = list(network.backbone.stages())[-1] if stage is None else network.backbone.before(stage)
    size = pixels.images.load(_first_readable(pixels.images), None).shape
    layer = network.backbone.layers[before]
    shape = (layer.channels, layer.positions(size[0]), layer.positions(size[1]))
    cache = DescriptorCache(folder, len(pixels.images), int(np.prod(shape)), "float16")

    def maps_before(x: Tensor) -> Tensor:
        with torch.inference_mode(), running():
            return network.backbone.maps(x.to(device), [before])[0].float().cpu().contiguous().flatten(1)

    def describe(rows: Int64) -> Float32:
        return describe_rows(pixels, rows.tolist(), epoch, maps_before, cache.dim)

    if filled:
        cache.reopen(fingerprint)
    else:
        network.eval()
        cache.fill(fingerprint, describe, label, quiet)
    return MapInputs(cache, pixels.images, shape, stage, pixels.channels_last)


def _first_readable(images: Images) -> int:
    for row in range(len(images)):
        try:
            images.load(row, None)
        except PhotoError:
            continue
        return row
    raise PhotoError("the training photos", "none of them can be read")
