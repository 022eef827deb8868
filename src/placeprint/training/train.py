"""`train`: from a recipe and a data set to a run folder with the best network."""

from pathlib import Path

import torch

from placeprint.descriptors.runtimes.torch_device import choose_device, keep_freed_memory
from placeprint.errors import PlaceprintError
from placeprint.training.assembly.assembling import assemble
from placeprint.training.assembly.loss_spec import SfrsSpec
from placeprint.training.assembly.setting import Setting
from placeprint.training.config import TrainingConfig
from placeprint.training.network.finishing import whiten_best
from placeprint.training.optimization.processes import started_by_torchrun
from placeprint.training.runs.curves import draw_curves
from placeprint.training.runs.reporting import Reporter
from placeprint.training.runs.run_folder import RunFolder
from placeprint.training.sfrs.generations import fit_generations


def train(
    config: TrainingConfig,
    data: str | Path,
    folder: str | Path,
    *,
    resume: bool = False,
    shared: str | Path | None = None,
    device: str = "auto",
    quiet: bool = False,
) -> RunFolder:
    """Train as specified by `config` on the data set in `data`, and keep everything in the run `folder`.

    `shared`: where the network before its first step and the maps of frozen stages (`network.cache_stage`)
    are kept, by default in the run folder; runs with the same ones share them.

    With `resume`, the run in `folder` continues exactly where it was; `config` must be the same. When started
    by `torchrun`, all processes train together. Raises PlaceprintError for data that do not suit the recipe,
    `DivergedError` if training fails.
    """
    run, data = RunFolder(Path(folder)), Path(data)
    if isinstance(config.loss, SfrsSpec) and config.loss.generation is not None:
        raise PlaceprintError(f"{run.path} is a single generation", "Resume the run that contains it")
    torch.manual_seed(config.seed)
    keep_freed_memory()
    with started_by_torchrun() as processes:
        quiet = quiet or not processes.first
        kept = Path(shared) if shared is not None else run.path / "shared"
        trainer = assemble(Setting(config, data, run, kept, choose_device(device), processes, quiet), resume)
        if isinstance(config.loss, SfrsSpec):
            fit_generations(trainer, quiet)
        else:
            with Reporter(trainer, quiet) as reporter:
                trainer.on_step, trainer.on_warning = reporter.step, reporter.warn
                trainer.fit()
                if config.whitening is not None and not config.whitening.through:
                    whiten_best(trainer)
        if processes.first:
            draw_curves(run)
    return run
