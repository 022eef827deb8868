"""The folder of a training run: everything needed to check it, repeat it and continue it.

config.json        the recipe as it was run, with its seed
environment.json   machine, versions, data fingerprints, command
metrics.jsonl      a line a step, a line a validation
checkpoint.pt      where to continue; only tensors and plain values
model/             the best network so far, as a model folder
curves.html        loss and recall over the steps
features/          current descriptors, for mining
tensorboard/       the same numbers, if tensorboard is installed
"""

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from placeprint.artifact import read_json, replace_file
from placeprint.errors import FormatError, PlaceprintError
from placeprint.training.config import TrainingConfig

CONFIG, ENVIRONMENT, METRICS, CHECKPOINT = "config.json", "environment.json", "metrics.jsonl", "checkpoint.pt"


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Around a write: PlaceprintError if the disk is full or the folder is not writable."""
    try:
        yield
    except OSError as error:
        raise PlaceprintError(
            f"{path} cannot be written ({error.strerror or error})",
            "Free some space and resume: what was stored before is intact",
        ) from error


class RunFolder:
    """Reads and writes the files of a run. Writes are atomic."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.model = path / "model"
        self.features = path / "features"
        self.checkpoint = path / CHECKPOINT
        self._boards: Any = None

    def begin(self, config: TrainingConfig, environment: Mapping[str, Any]) -> None:
        """Create the folder. Raises PlaceprintError if it already contains a run."""
        if (self.path / CONFIG).exists():
            raise PlaceprintError(f"{self.path} already has a run", "Add --resume, or name another folder")
        with writing(self.path):
            replace_file(self.path / ENVIRONMENT, json.dumps(dict(environment), indent=2).encode())
            replace_file(self.path / CONFIG, config.model_dump_json(indent=2).encode())

    def config(self) -> TrainingConfig:
        """Raises FormatError if the folder is not a run, or was written by another version of placeprint."""
        try:
            return TrainingConfig.model_validate_json((self.path / CONFIG).read_bytes())
        except (OSError, ValueError) as error:
            said = " ".join(str(error).split())[:200]
            raise FormatError(f"{self.path} is not a training run ({said})", "Check the path.") from error

    def environment(self) -> dict[str, Any]:
        """Machine, versions, data fingerprints and command of the run."""
        return read_json(self.path / ENVIRONMENT)

    def log(self, **values: Any) -> None:
        """Append a line; numbers also go to tensorboard, if it is installed.

        A number that is not finite becomes null. Raises PlaceprintError if the disk is full.
        """
        said = {name: None if _not_finite(value) else value for name, value in values.items()}
        path = self.path / METRICS
        with writing(path), path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(said, allow_nan=False) + "\n")
        board = self._board()
        if board is not None:
            for name, value in values.items():
                if isinstance(value, int | float) and name not in ("step", "epoch"):
                    board.add_scalar(f"{values.get('kind', 'step')}/{name}", value, values["step"])

    def metrics(self, kind: str | None = None) -> list[dict[str, Any]]:
        """The lines in order, of one kind ("step", "validation") or all; a half-written one is left out."""
        path = self.path / METRICS
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        found = []
        for line in lines:
            try:
                said = json.loads(line)
            except ValueError:
                continue
            if kind is None or said.get("kind") == kind:
                found.append(said)
        return found

    def forget_after(self, step: int, validations: int) -> None:
        """Drop the lines of what will be run again: steps after `step`, and validations after this many."""
        kept, seen = [], 0
        for line in self.metrics():
            if line.get("kind") == "validation":
                seen += 1
                if seen > validations:
                    continue
            if line["step"] <= step:
                kept.append(line)
        with writing(self.path / METRICS):
            replace_file(self.path / METRICS, "".join(json.dumps(line) + "\n" for line in kept).encode())

    def _board(self) -> Any:
        if self._boards is None:
            try:
                from torch.utils.tensorboard import SummaryWriter
            except ImportError:
                self._boards = False
            else:
                self._boards = SummaryWriter(str(self.path / "tensorboard"))
        return self._boards or None


def _not_finite(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)
