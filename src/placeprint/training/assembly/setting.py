"""Where a training run takes place: its recipe, folders, device and processes."""

from dataclasses import dataclass
from pathlib import Path

import torch

from placeprint.training.config import TrainingConfig
from placeprint.training.optimization.processes import Processes
from placeprint.training.runs.run_folder import RunFolder


@dataclass(frozen=True, eq=False)
class Setting:
    """`data`: folder of the data set; `shared`: where the starting network and frozen maps are kept."""

    config: TrainingConfig
    data: Path
    run: RunFolder
    shared: Path
    device: torch.device
    processes: Processes
    quiet: bool
