"""Comparing runs: recipes by mean and standard deviation over seeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from placeprint.errors import PlaceprintError
from placeprint.training.runs.run_folder import RunFolder


@dataclass(frozen=True)
class Compared:
    """A recipe over its seeds. Recalls in percent: {N: (mean, sample deviation)}; the deviation of one seed
    is NaN. `best`: at the selected validation; `last`: at the end; `start`: before training.
    """

    name: str
    seeds: tuple[int, ...]
    steps: int
    start: dict[str, tuple[float, float]]
    best: dict[str, tuple[float, float]]
    last: dict[str, tuple[float, float]]


def compare(folders: Sequence[str | Path]) -> list[Compared]:
    """One row per recipe, in the order of the folders; runs that differ only in their seed are one recipe.

    Raises PlaceprintError for runs on different data, and for a run that was never validated.
    """
    runs = [RunFolder(Path(folder)) for folder in folders]
    if not runs:
        raise PlaceprintError("there is nothing to compare", "Name some run folders")
    _check_data(runs)
    groups: dict[str, list[RunFolder]] = {}
    for run in runs:
        groups.setdefault(run.config().model_copy(update={"seed": 0}).model_dump_json(), []).append(run)
    return [_compared(group) for group in groups.values()]


def _compared(runs: Sequence[RunFolder]) -> Compared:
    config = runs[0].config()
    seeds = [run.config().seed for run in runs]
    if len(set(seeds)) < len(seeds):
        raise PlaceprintError(f"{config.name}: two runs have the same seed", "Name each run once")
    first, best, last = [], [], []
    for run in runs:
        lines = run.metrics("validation")
        if not lines:
            raise PlaceprintError(f"{run.path} was never validated", "Let it finish, or leave it out")
        first.append(lines[0])
        order = [f"recall@{n}" for n in (config.run.select_by, *config.recall_at)]
        best.append(max(lines, key=lambda line: [line[name] for name in order]))  # ties go to the earliest
        last.append((run.metrics("whitened") or lines)[-1])
    names = [name for name in first[0] if name.startswith(("recall@", "nmi"))]
    return Compared(
        config.name,
        tuple(seeds),
        max(int(line["step"]) for line in last),
        *({name: _spread([line[name] for line in lines]) for name in names} for lines in (first, best, last)),
    )


def _spread(values: Sequence[float]) -> tuple[float, float]:
    deviation = float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")
    return float(np.mean(values)), deviation


def _check_data(runs: Sequence[RunFolder]) -> None:
    seen: dict[tuple[str, str], Path] = {}
    for run in runs:
        said = run.environment()
        seen.setdefault((said["training_fingerprint"], said["validation_fingerprint"]), run.path)
    if len(seen) > 1:
        raise PlaceprintError(
            f"{' and '.join(map(str, seen.values()))} were trained or validated on different photos",
            "Compare runs on the same data",
        )
