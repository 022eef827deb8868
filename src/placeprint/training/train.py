"""`train`: a recipe and a data set in, a run folder with the best network out."""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from placeprint.artifact import fingerprint
from placeprint.datasets import PlaceDataset, read_dataset
from placeprint.descriptors import NetworkDescriptor
from placeprint.descriptors.extraction import View, extract
from placeprint.descriptors.learnt_from import learnt_from
from placeprint.descriptors.torch_running import choose_device
from placeprint.errors import PlaceprintError
from placeprint.losses import PDDMLoss
from placeprint.networks.place_network import PlaceNetwork
from placeprint.provenance import machine
from placeprint.training.augmentation import Augmentation
from placeprint.training.batch import Batch
from placeprint.training.class_materials import ClassMaterials
from placeprint.training.class_objective import ClassObjective
from placeprint.training.class_validation import ClassValidation
from placeprint.training.config import ClassMining, PairMining, TrainingConfig, TupleMining
from placeprint.training.curves import draw_curves
from placeprint.training.feature_cache import FeatureCache
from placeprint.training.finishing import whiten_best
from placeprint.training.generations import fit_generations
from placeprint.training.images import PhotoImages
from placeprint.training.inputs import Inputs, MapInputs, PixelInputs, cache_maps
from placeprint.training.loss_spec import BatchTripletSpec, PddmSpec, SfrsSpec
from placeprint.training.materials import Materials
from placeprint.training.negatives import NegativeMiner
from placeprint.training.objective import TupleObjective
from placeprint.training.processes import Processes, started_by_torchrun
from placeprint.training.refresh import RefreshSchedule
from placeprint.training.reporting import Reporter
from placeprint.training.run_folder import RunFolder
from placeprint.training.sampling import NearPairSampling, Sampling, TupleSampling, UnminedSampling
from placeprint.training.starting_network import starting_network
from placeprint.training.trainer import Trainer
from placeprint.training.tuple_sampler import TupleSampler
from placeprint.training.validation import Validation


def train(
    config: TrainingConfig,
    data: str | Path,
    folder: str | Path,
    *,
    resume: bool = False,
    maps: str | Path | None = None,
    device: str = "auto",
    quiet: bool = False,
) -> RunFolder:
    """Train as `config` says on the data set in `data`, and keep everything in the run `folder`.

    `maps`: where the maps of frozen stages are kept (`network.cache_stage`), by default in the run folder;
    runs that begin with the same frozen stages and see the same images share them.

    With `resume` the run in `folder` goes on exactly where it was; `config` must be the same. Started by
    `torchrun`, all processes train together. Raises PlaceprintError for data that do not fit the recipe,
    `Diverged` where the training breaks down.
    """
    run, data = RunFolder(Path(folder)), Path(data)
    if isinstance(config.loss, SfrsSpec) and config.loss.generation is not None:
        raise PlaceprintError(f"{run.path} holds one generation", "Resume the run whose folder it is in")
    torch.manual_seed(config.seed)
    with started_by_torchrun() as processes:
        quiet = quiet or not processes.first
        kept = Path(maps) if maps is not None else run.path / "maps"
        trainer = _trainer(config, data, run, kept, choose_device(device), processes, resume, quiet)
        if isinstance(config.loss, SfrsSpec):
            fit_generations(trainer, quiet)
        else:
            with Reporter(trainer, quiet) as reporter:
                trainer.on_step, trainer.on_warning = reporter.step, reporter.warn
                trainer.fit()
                if config.whitening is not None:
                    whiten_best(trainer, config.whitening, quiet)
        if processes.first:
            draw_curves(run)
    return run


def _trainer(
    config: TrainingConfig,
    data: Path,
    run: RunFolder,
    maps: Path,
    device: torch.device,
    processes: Processes,
    resume: bool,
    quiet: bool,
) -> Trainer:
    materials: Materials | ClassMaterials
    if isinstance(config.mining, ClassMining):
        materials = ClassMaterials(config, data)
        validation = materials.validation
    else:
        validation = read_dataset(data, config.data.validation, config.data.layout)
        materials = Materials(config, data)
    _check_apart(materials, validation)
    if processes.first:
        _begin(run, config, data, materials, validation, resume)
    processes.wait()
    descriptor = starting_network(
        config.network, materials.paths(), config.data.validation_size, config.seed, quiet
    )
    descriptor = _labelled(descriptor, config, materials)
    inputs_for = _inputs(config, materials, descriptor, maps, device, processes, quiet)
    sampling = _sampling(config, materials, descriptor, run, quiet)
    if sampling.steps == 0 and not isinstance(config.mining, ClassMining):
        raise PlaceprintError(
            f"too few training photos have another one within {config.mining.near:g} m for a batch",
            "Check the data set and its split, or raise mining.near or lower run.batch",
        )
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
    trainer = Trainer(
        config,
        descriptor,
        objective,
        sampling,
        inputs_for,
        _validating(config, descriptor, photos, judge, maps, device, processes, quiet),
        run,
        device,
        processes,
        also=lambda: judge.also if isinstance(judge, ClassValidation) else {},
    )
    if resume and run.checkpoint.is_file():
        trainer.resume()
    elif processes.first:
        run.forget_after(0, 0)
    return trainer


def _objective(config: TrainingConfig, descriptor: NetworkDescriptor) -> TupleObjective | ClassObjective:
    if isinstance(config.loss, PddmSpec):
        return ClassObjective(config.loss.build(descriptor.dim))
    if isinstance(config.loss, BatchTripletSpec):
        return ClassObjective(config.loss.build())
    return TupleObjective(config.loss.build())


def _recalls(validation: PlaceDataset, describe: Callable[[], NDArray[np.float32]]) -> dict[int, float]:
    return Validation(validation, describe)()


def _check_apart(materials: Materials | ClassMaterials, validation: PlaceDataset) -> None:
    trained = {path.resolve() for path in materials.paths()}
    shared = [p.path for p in (*validation.database, *validation.queries) if p.path.resolve() in trained]
    if shared:
        raise PlaceprintError(
            f"{len(shared)} photos of the validation split are also in the training split: {shared[0]}",
            "Validation must be on places that were never seen",
        )


def _begin(
    run: RunFolder,
    config: TrainingConfig,
    data: Path,
    materials: Materials | ClassMaterials,
    validation: PlaceDataset,
    resume: bool,
) -> None:
    if resume and (run.path / "config.json").exists():
        if run.config() != config:
            raise PlaceprintError(
                f"{run.path} was begun with another recipe", "Resume with its own config.json"
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


def _labelled(
    descriptor: NetworkDescriptor, config: TrainingConfig, materials: Materials | ClassMaterials
) -> NetworkDescriptor:
    """With a card that says what it was trained on."""
    name = f"{descriptor.name.removesuffix('.cambridge')}.{config.name}"
    said = f"{config.name}: {config.source}" if config.source else config.name
    return descriptor.adjusted(
        name=name,
        training=f"{said}; {len(materials.paths())} photos, seed {config.seed}",
        learnt_from=tuple(sorted({*descriptor.card.learnt_from, *learnt_from(materials.paths())})),
    )


def _inputs(
    config: TrainingConfig,
    materials: Materials | ClassMaterials,
    descriptor: NetworkDescriptor,
    folder: Path,
    device: torch.device,
    processes: Processes,
    quiet: bool,
) -> Callable[[int], Inputs]:
    preprocessing, layout = descriptor.card.preprocessing, config.run.channels_last
    stage = config.network.train_from
    if not config.network.cache_stage or stage is None:
        return lambda epoch: PixelInputs(materials.of_epoch(epoch).images, preprocessing, layout)
    pixels = PixelInputs(materials.of_epoch(0).images, preprocessing, layout)
    maps = _cached(folder, pixels, 0, config, descriptor, device, processes, quiet)
    return lambda epoch: maps


def _cached(
    folder: Path,
    pixels: PixelInputs,
    epoch: int | None,
    config: TrainingConfig,
    descriptor: NetworkDescriptor,
    device: torch.device,
    processes: Processes,
    quiet: bool,
) -> MapInputs:
    """The frozen stages' maps: filled by the first process, read by all."""
    network, stage = descriptor.network, config.network.train_from
    assert isinstance(network, PlaceNetwork)
    assert stage is not None
    frozen = {
        f"{name}.{key}": value.detach().cpu().numpy()
        for name, part in network.backbone.stages().items()
        if list(network.backbone.stages()).index(name) < list(network.backbone.stages()).index(stage)
        for key, value in part.state_dict().items()
    }
    images = {"images": repr(pixels.images), "epoch": epoch, "precision": config.run.precision}
    said = fingerprint({"stage": stage} | images, frozen)
    kind = torch.bfloat16 if config.run.precision == "bfloat16" else None

    def running() -> torch.autocast:
        return torch.autocast(device.type, kind, enabled=kind is not None)

    def maps(filled: bool) -> MapInputs:
        on_device = network.to(device)
        return cache_maps(
            folder / said,
            said,
            on_device,
            pixels,
            stage,
            running,
            device,
            epoch,
            "Frozen stages",
            quiet,
            filled=filled,
        )

    found = maps(filled=False) if processes.first else None
    processes.wait()
    return found or maps(filled=True)


def _sampling(
    config: TrainingConfig,
    materials: Materials | ClassMaterials,
    descriptor: NetworkDescriptor,
    run: RunFolder,
    quiet: bool,
) -> Sampling[Batch]:
    mining = config.mining
    if isinstance(materials, ClassMaterials):
        sampler_of_classes = materials.sampler()
        return UnminedSampling(lambda epoch: sampler_of_classes)
    if isinstance(mining, PairMining) and mining.nearest is None:
        return UnminedSampling(materials.pairs)
    if config.data.views == "panorama" and not config.network.cache_stage:
        raise PlaceprintError(
            "mining by descriptors needs the same images in each epoch",
            'Set network.cache_stage = true, or mining.kind = "pairs" without `nearest`',
        )
    name = fingerprint({"config": config.model_dump(mode="json")})
    network = descriptor.network
    assert isinstance(network, PlaceNetwork)
    cache = FeatureCache(run.features, len(materials.of_epoch(0).photos), network.out_dim)
    if isinstance(mining, PairMining):
        nearest = mining.nearest
        return NearPairSampling(lambda epoch: materials.pairs(epoch, nearest, cache.read), cache, name, quiet)

    assert isinstance(mining, TupleMining)
    labels = materials.of_epoch(0).labels
    miner = NegativeMiner(labels, mining.negatives, mining.count, mining.pool, mining.remembered, config.seed)

    def read_queries(rows: NDArray[np.int64]) -> NDArray[np.float32]:
        return cache.read(labels.query_images(rows))

    sampler = TupleSampler(
        miner, read_queries, cache.read, config.run.batch, mining.violating_margin, drop_last=True
    )
    return TupleSampling(sampler, cache, RefreshSchedule(mining.refresh_every), name, quiet)


def _validating(
    config: TrainingConfig,
    descriptor: NetworkDescriptor,
    photos: list[Path],
    judge: Callable[[Callable[[], NDArray[np.float32]]], dict[int, float]],
    folder: Path,
    device: torch.device,
    processes: Processes,
    quiet: bool,
) -> Callable[[PlaceNetwork], dict[int, float]]:
    # Without an architecture it stays in eager torch: no other runtime, chosen by time, gives the same bits.
    card = descriptor.card.changed(size_rule=config.data.validation_size, architecture=None)
    maps: MapInputs | None = None
    if config.network.cache_stage and config.data.validation_size.startswith("exact:"):
        images = PhotoImages(photos, config.data.validation_size, Augmentation(), config.seed)
        pixels = PixelInputs(images, descriptor.card.preprocessing, config.run.channels_last)
        maps = _cached(folder, pixels, None, config, descriptor, device, processes, quiet)

    def validate(network: PlaceNetwork) -> dict[int, float]:
        def describe() -> NDArray[np.float32]:
            if maps is None:
                current = replace(descriptor, network=network, card=card, device=str(device))
                views = [View(path) for path in photos]
                return extract(views, current, label="Validating", quiet=quiet).vectors
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            found = np.zeros((len(photos), network.out_dim), np.float32)
            for start in range(0, len(photos), 8):
                rows = range(start, min(start + 8, len(photos)))
                loaded = maps.load(rows, None)
                with torch.inference_mode():
                    vectors = maps.forward(network, loaded.x.to(device)).float().cpu().numpy()
                found[[row for i, row in enumerate(rows) if i not in loaded.unreadable]] = vectors
            return found

        recalls = judge(describe) if processes.first else {}
        return processes.told(recalls)

    return validate
