"""Describing the validation photos with the current network."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from placeprint.arrays import Float32
from placeprint.descriptors import NetworkDescriptor
from placeprint.descriptors.extraction import View, extract
from placeprint.networks.place_network import PlaceNetwork
from placeprint.training.assembly.setting import Setting
from placeprint.training.images.augmentation import Augmentation
from placeprint.training.images.inputs import MapInputs, PixelInputs, describe_rows
from placeprint.training.images.sources import PhotoImages
from placeprint.training.network.frozen_maps import kept_maps

Judge = Callable[[Callable[[], Float32]], dict[int, float]]


def validating(
    setting: Setting, descriptor: NetworkDescriptor, photos: Sequence[Path], judge: Judge
) -> Callable[[PlaceNetwork], dict[int, float]]:
    """The function that returns the recalls of a network, in percent, the same in all processes. `judge`
    receives a function that describes `photos`, from the stored maps of the frozen stages if the recipe
    stores them.
    """
    config = setting.config
    # Without an architecture it stays in eager torch: no other runtime gives exactly the same bits.
    card = descriptor.card.changed(size_rule=config.data.validation_size, architecture=None)
    maps: MapInputs | None = None
    if config.network.cache_stage and config.data.validation_size.startswith("exact:"):
        images = PhotoImages(photos, config.data.validation_size, Augmentation(), config.seed)
        pixels = PixelInputs(images, descriptor.card.preprocessing, config.run.channels_last)
        maps = kept_maps(setting, descriptor, pixels, None)

    def validate(network: PlaceNetwork) -> dict[int, float]:
        def describe() -> Float32:
            if maps is None:
                current = replace(descriptor, network=network, card=card, device=str(setting.device))
                views = [View(path) for path in photos]
                return extract(views, current, label="Validating", quiet=setting.quiet).vectors
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

            def vectors(x: Tensor) -> Tensor:
                with torch.inference_mode():
                    return maps.forward(network, x.to(setting.device)).float().cpu()

            return describe_rows(maps, range(len(photos)), None, vectors, network.out_dim, missing=0)

        recalls = judge(describe) if setting.processes.first else {}
        return setting.processes.broadcast(recalls)

    return validate
