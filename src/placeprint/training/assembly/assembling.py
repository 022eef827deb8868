"""Building a trainer from a recipe and a data set."""

import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch

from placeprint.arrays import Float32
from placeprint.artifact import fingerprint
from placeprint.datasets import PlaceDataset, read_dataset
from placeprint.descriptors import NetworkDescriptor
from placeprint.descriptors.learnt_from import learnt_from
from placeprint.errors import PlaceprintError
from placeprint.losses import PDDMLoss
from placeprint.networks.place_network import PlaceNetwork
from placeprint.provenance import machine
from placeprint.training.assembly.loss_spec import BatchTripletSpec, PddmSpec
from placeprint.training.assembly.sampling_of import sampling_of
from placeprint.training.assembly.setting import Setting
from placeprint.training.assembly.training_data import TrainingData
from placeprint.training.assembly.validating import validating
from placeprint.training.classes.objective import ClassObjective
from placeprint.training.classes.training_data import ClassTrainingData
from placeprint.training.classes.validation import ClassValidation
from placeprint.training.config import ClassMining, TrainingConfig
from placeprint.training.images.inputs import Inputs
from placeprint.training.network.frozen_maps import inputs_of_epochs
from placeprint.training.network.starting_network import starting_network
from placeprint.training.network.whitening import fit_whitening
from placeprint.training.objective import TupleObjective
from placeprint.training.runs.validation import Validation
from placeprint.training.trainer import Trainer
from placeprint.whitening.whitening import Whitening


def assemble(setting: Setting, resume: bool) -> Trainer:
    """Read the data, create the run folder, build network, loss and sampler.

    With `resume`, continue from the checkpoint.
    """
    config = setting.config
    materials: TrainingData | ClassTrainingData
    if isinstance(config.mining, ClassMining):
        materials = ClassTrainingData(config, setting.data)
        validation = materials.validation
    else:
        validation = read_dataset(setting.data, config.data.validation, config.data.layout)
        materials = TrainingData(config, setting.data)
    _check_apart(materials, validation)
    if setting.processes.first:
        _begin(setting, materials, validation, resume)
    setting.processes.barrier()
    descriptor = _start(setting, materials.paths())
    if setting.processes.first:  # only the first process saves it: every photo is read for its digest
        descriptor = _labeled(descriptor, config, materials)
    sampling = sampling_of(setting, materials, descriptor)
    objective = _objective(config, descriptor)
    photos = [photo.path for photo in validation.database]
    if isinstance(objective, ClassObjective):
        assert validation.queries.labels is not None
        metric = objective.module.metric if isinstance(objective.module, PDDMLoss) else None
        judge: ClassValidation | partial[dict[int, float]] = ClassValidation(
            validation.queries.labels, metric, config.seed
        )
    else:
        photos += [photo.path for photo in validation.queries]
        judge = partial(_recalls, validation)
    inputs_for = inputs_of_epochs(setting, materials, descriptor)
    trainer = Trainer(
        config,
        descriptor,
        objective,
        sampling,
        inputs_for,
        validating(setting, descriptor, photos, judge),
        setting.run,
        setting.device,
        setting.processes,
        also=lambda: judge.also if isinstance(judge, ClassValidation) else {},
        whiten=_whiten(setting, materials, inputs_for),
    )
    if resume and setting.run.checkpoint.is_file():
        trainer.resume()
    elif setting.processes.first:
        setting.run.forget_after(0, 0)
    return trainer


def _start(setting: Setting, photos: list[Path]) -> NetworkDescriptor:
    """The network before its first step; what is learned from photos is learned by the first process."""
    config = setting.config
    said = {"network": config.network.model_dump(mode="json"), "seed": config.seed}
    said |= {"photos": [str(path) for path in photos], "size": config.data.validation_size}
    kept = setting.shared / f"start-{fingerprint(said)}" if config.network.start is None else None

    def start() -> NetworkDescriptor:
        size = config.data.validation_size
        return starting_network(config.network, photos, size, config.seed, setting.quiet, kept)

    made = start() if setting.processes.first else None
    setting.processes.barrier()
    return made or start()


def _whiten(
    setting: Setting, materials: TrainingData | ClassTrainingData, inputs_for: Callable[[int], Inputs]
) -> Callable[[PlaceNetwork], Whitening] | None:
    """The function that fits the recipe's whitening to a network, if there is one."""
    spec, seed = setting.config.whitening, setting.config.seed
    if spec is None or isinstance(materials, ClassTrainingData):
        return None
    among = materials.database_size if spec.photos == "database" else None
    return lambda network: fit_whitening(network, inputs_for(0), spec, seed, setting.quiet, among)


def _objective(config: TrainingConfig, descriptor: NetworkDescriptor) -> TupleObjective | ClassObjective:
    if isinstance(config.loss, PddmSpec):
        return ClassObjective(config.loss.build(descriptor.dim))
    if isinstance(config.loss, BatchTripletSpec):
        return ClassObjective(config.loss.build())
    return TupleObjective(config.loss.build())


def _recalls(validation: PlaceDataset, describe: Callable[[], Float32]) -> dict[int, float]:
    return Validation(validation, describe)()


def _check_apart(materials: TrainingData | ClassTrainingData, validation: PlaceDataset) -> None:
    trained = {path.resolve() for path in materials.paths()}
    shared = [p.path for p in (*validation.database, *validation.queries) if p.path.resolve() in trained]
    if shared:
        raise PlaceprintError(
            f"{len(shared)} photos of the validation split are also in the training split: {shared[0]}",
            "Validate on places that are not in the training split",
        )


def _begin(
    setting: Setting, materials: TrainingData | ClassTrainingData, validation: PlaceDataset, resume: bool
) -> None:
    run, config, data = setting.run, setting.config, setting.data
    if resume and (run.path / "config.json").exists():
        if run.config() != config:
            raise PlaceprintError(
                f"{run.path} was started with another recipe", "Resume with its own config.json"
            )
        return
    photos = [path.as_posix() for path in materials.paths()]
    said: dict[str, Any] = {
        "machine": machine(),
        "torch": torch.__version__,
        "command": " ".join(["placeprint", *sys.argv[1:]]),
        "processes": int(os.environ.get("WORLD_SIZE", "1")),
        "data": str(data),
        "training_photos": len(photos),
        "training_fingerprint": fingerprint({"photos": [p.removeprefix(data.as_posix()) for p in photos]}),
        "validation_fingerprint": validation.fingerprint,
    }
    run.begin(config, said)


def _labeled(
    descriptor: NetworkDescriptor, config: TrainingConfig, materials: TrainingData | ClassTrainingData
) -> NetworkDescriptor:
    """With a card that says what it was trained on."""
    name = f"{descriptor.name.removesuffix('.cambridge')}.{config.name}"
    said = f"{config.name}: {config.source}" if config.source else config.name
    return descriptor.adjusted(
        name=name,
        training=f"{said}; {len(materials.paths())} photos, seed {config.seed}",
        learnt_from=tuple(sorted({*descriptor.card.learnt_from, *learnt_from(materials.paths())})),
    )
