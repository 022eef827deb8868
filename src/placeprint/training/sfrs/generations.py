"""SFRS in generations (Ge et al., ECCV 2020): each network teaches the next, which starts afresh."""

import json
import logging
from copy import deepcopy
from dataclasses import replace

import torch

from placeprint.artifact import replace_file
from placeprint.descriptors.network.descriptor import load_model
from placeprint.rerank.k_reciprocal_presets import PRESETS
from placeprint.training.assembly.loss_spec import SfrsSpec
from placeprint.training.config import TrainingConfig
from placeprint.training.mining.sampling import TupleSampling
from placeprint.training.network.finishing import whiten_best
from placeprint.training.runs.checkpoint import load_checkpoint, save_checkpoint
from placeprint.training.runs.curves import draw_curves
from placeprint.training.runs.reporting import Reporter
from placeprint.training.runs.run_folder import CONFIG, METRICS, RunFolder, writing
from placeprint.training.runs.validation import better
from placeprint.training.sfrs.difficult_mining import DifficultMiner, DifficultSampling
from placeprint.training.sfrs.region_objective import RegionObjective, Teacher, regional
from placeprint.training.trainer import Trainer

TEACHER = "teacher.pt"

LOG = logging.getLogger(__name__)


def fit_generations(whole: Trainer, quiet: bool = False) -> dict[int, float]:
    """Train all generations of an SFRS recipe; returns the recalls of the best network.

    `whole` is a trainer of the run as if it had one generation; its network is at the start. Generation g is
    a run in the folder `generation-g`, with its own checkpoint, and its teacher's weights in `teacher.pt`.
    The student is reset to the start, which is also the teacher of generation 0, where it does not teach yet;
    optimizer, schedule, mining and random numbers start afresh. The teacher of the other generations is the
    previous generation at its end, not at its best, as in the authors' code (OpenIBL); if the recipe averages
    weights, it is their average, which OpenIBL does not have. OpenIBL resets the student when it continues
    after an interruption; here a run that was killed and resumed equals the uninterrupted one.

    Descriptors and maps are shared by the generations, in the folder of the whole run. Its `model` is the
    best of all generations by validation, the first one in case of ties; its `metrics.jsonl` has the lines of
    all generations, with steps counted through. Both are updated after each generation. At the end the best
    network is whitened, if the recipe says so. Raises PlaceprintError for a network without NetVLAD,
    `DivergedError` if a generation fails.
    """
    spec, processes = whole.config.loss, whole.processes
    assert isinstance(spec, SfrsSpec)
    regional(whole.network)
    runs = [RunFolder(whole.run.path / f"generation-{g}") for g in range(spec.generations)]
    best: dict[int, float] | None = None
    before = whole
    for generation, run in enumerate(runs):
        if processes.first:
            _begin(run, _config(whole.config, generation), before)
            if not quiet:
                LOG.info("generation %d of 0 to %d", generation, len(runs) - 1)
        processes.barrier()
        torch.manual_seed(whole.config.seed)
        whole.network.load_state_dict(load_checkpoint(runs[0].path / TEACHER, whole.device)["network"])
        trainer = _trainer(whole, run, generation)
        if run.checkpoint.is_file():
            trainer.resume()
        elif processes.first:
            run.forget_after(0, 0)
        with Reporter(trainer, quiet) as reporter:
            trainer.on_step, trainer.on_warning = reporter.step, reporter.warn
            recalls = trainer.fit()
        chosen = better(recalls, best, whole.spec.select_by)
        best = recalls if chosen or best is None else best
        if processes.first:
            draw_curves(run)
            _gather_metrics(whole.run, runs[: generation + 1])
            if chosen:
                with writing(whole.run.model):
                    load_model(run.model, "cpu").save(whole.run.model)
        before = trainer
        whole.progress.step += trainer.progress.step
    assert best is not None
    whitening = whole.config.whitening
    return best if whitening is None or whitening.through else _whitened(whole, quiet)


def _whitened(whole: Trainer, quiet: bool) -> dict[int, float]:
    with Reporter(whole, quiet) as reporter:
        whole.on_step, whole.on_warning = reporter.step, reporter.warn
        return whiten_best(whole)


def _config(config: TrainingConfig, generation: int) -> TrainingConfig:
    """The recipe of one generation."""
    assert isinstance(config.loss, SfrsSpec)
    epochs = config.loss.first_epochs if generation == 0 else config.run.epochs
    through = config.whitening is not None and config.whitening.through
    return config.model_copy(
        update={
            "name": f"{config.name}.generation-{generation}",
            "loss": config.loss.model_copy(update={"generation": generation}),
            "run": config.run.model_copy(update={"epochs": epochs}),
            "whitening": config.whitening if through else None,
        }
    )


def _begin(run: RunFolder, config: TrainingConfig, before: Trainer) -> None:
    """Create a generation's folder and teacher, the network `before` ended with, unless they exist."""
    if not (run.path / TEACHER).is_file():
        save_checkpoint(run.path / TEACHER, {"network": before.descent.averaged().state_dict()})
    if not (run.path / CONFIG).is_file():
        run.begin(config, before.run.environment())


def _trainer(whole: Trainer, run: RunFolder, generation: int) -> Trainer:
    """A new trainer of `whole.network`, which is at the start."""
    spec, plain = whole.config.loss, whole.sampling
    assert isinstance(spec, SfrsSpec)
    assert isinstance(plain, TupleSampling)
    sampler, labels = plain.sampler, plain.sampler.miner.labels
    sampler.miner.forget()
    sampling = TupleSampling(sampler, plain.cache, plain.schedule, f"{plain.run}.{generation}", plain.quiet)
    teacher = None
    if generation > 0:
        network = deepcopy(whole.network)
        network.load_state_dict(load_checkpoint(run.path / TEACHER, whole.device)["network"])
        temperature = spec.teacher_temperature(generation)
        projection = whole.projection_of(network)
        teacher = Teacher(
            network, temperature, spec.soft_weight, whole.spec.chunk, whole.autocast, projection
        )
        reranking = replace(
            PRESETS[spec.reranking], k1=spec.k1, k2=spec.k2, distance_weight=spec.distance_weight
        )
        miner = DifficultMiner(labels, plain.cache, spec.difficult_keep, spec.difficult_pool, reranking)
        sampling = DifficultSampling(**vars(sampling), difficult=miner)
    return replace(
        whole,
        config=_config(whole.config, generation),
        objective=RegionObjective(spec.build(), teacher, spec.student_temperature),
        sampling=sampling,
        run=run,
    )


def _gather_metrics(whole: RunFolder, runs: list[RunFolder]) -> None:
    """The lines of these generations in one file, with steps counted through."""
    lines, done = [], 0
    for generation, run in enumerate(runs):
        said = run.metrics()
        lines += [line | {"step": line["step"] + done, "generation": generation} for line in said]
        done += max((line["step"] for line in said), default=0)
    path = whole.path / METRICS
    with writing(path):
        replace_file(path, "".join(json.dumps(line) + "\n" for line in lines).encode())
