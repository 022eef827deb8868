"""The maps of the frozen stages: computed once, kept on disk, read in each epoch."""

from collections.abc import Callable

import torch

from placeprint.artifact import fingerprint
from placeprint.descriptors import NetworkDescriptor
from placeprint.networks.place_network import PlaceNetwork
from placeprint.training.assembly.setting import Setting
from placeprint.training.assembly.training_data import TrainingData
from placeprint.training.classes.training_data import ClassTrainingData
from placeprint.training.images.inputs import Inputs, MapInputs, PixelInputs, cache_maps


def inputs_of_epochs(
    setting: Setting, materials: TrainingData | ClassTrainingData, descriptor: NetworkDescriptor
) -> Callable[[int], Inputs]:
    """The images of an epoch as the network's input: pixels or, with `cache_stage`, stored maps."""
    network, layout = setting.config.network, setting.config.run.channels_last
    preprocessing = descriptor.card.preprocessing
    if not network.cache_stage:
        return lambda epoch: PixelInputs(materials.of_epoch(epoch).images, preprocessing, layout)
    maps = kept_maps(setting, descriptor, PixelInputs(materials.of_epoch(0).images, preprocessing, layout), 0)
    return lambda epoch: maps


def kept_maps(
    setting: Setting, descriptor: NetworkDescriptor, pixels: PixelInputs, epoch: int | None
) -> MapInputs:
    """The maps of these images, augmented as in `epoch`: filled by the first process, read by all.

    Their folder is named after everything that changes them, so that runs can share them.
    """
    network, spec = descriptor.network, setting.config
    assert isinstance(network, PlaceNetwork)
    stages, stage = network.backbone.stages(), spec.network.train_from
    names = list(stages)
    frozen = {
        f"{name}.{key}": value.detach().cpu().numpy()
        for name in (names if stage is None else names[: names.index(stage)])
        for key, value in stages[name].state_dict().items()
    }
    said = {"stage": stage, "images": repr(pixels.images), "epoch": epoch, "precision": spec.run.precision}
    name = fingerprint(said, frozen)
    kind = torch.bfloat16 if spec.run.precision == "bfloat16" else None

    def running() -> torch.autocast:
        return torch.autocast(setting.device.type, kind, enabled=kind is not None)

    def maps(filled: bool) -> MapInputs:
        return cache_maps(
            setting.shared / name,
            name,
            network.to(setting.device),
            pixels,
            stage,
            running,
            setting.device,
            epoch,
            "Frozen stages",
            setting.quiet,
            filled=filled,
        )

    found = maps(filled=False) if setting.processes.first else None
    setting.processes.barrier()
    return found or maps(filled=True)
