"""Losses beside one another: recall on the validation split, mean ± deviation over seeds, same budget each.

    python benchmarks/training_losses.py cambridge/ --runs runs/ [--seeds 3] [--recipe sare-small ...]

Trains each recipe with each seed (a run that is finished is not repeated, a killed one goes on; runs of one
seed share start and frozen stages) and prints the table of `docs/training.md` with its protocol. The
numbers are those of the vectors whitened to 512 numbers, at the last step: nothing is selected.
"""

import argparse
from pathlib import Path

from placeprint.training import compare, load_recipe, train
from placeprint.training.runs.run_folder import RunFolder
from provenance import machine

RECIPES = [
    "contrastive-small",
    "triplet-small",
    "sare-small",
    "sare-gaussian-joint-small",
    "sare-cauchy-independent-small",
    "sare-cauchy-joint-small",
    "sare-exponential-independent-small",
    "sare-exponential-joint-small",
    "sare-sharp-small",
    "sfrs-small",
]
SHOWN = ("recall@1", "recall@5", "recall@10")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--recipe", action="append", help="default: all small ones")
    chosen = parser.parse_args()
    folders = []
    for seed in range(chosen.seeds):
        for name in chosen.recipe or RECIPES:
            folder = chosen.runs / f"{name}-{seed}"
            folders.append(folder)
            if not _finished(folder):
                config = load_recipe(name, [f"seed={seed}"])
                train(config, chosen.data, folder, resume=True, shared=chosen.runs / "shared")
    said = RunFolder(folders[0]).environment()
    rows = compare(folders)
    print(f"Protocol: photos within 25 m are right; whitened to 512 numbers; {chosen.seeds} seeds from 0")
    print(f"Data: validation {said['validation_fingerprint']}, training {said['training_fingerprint']}")
    print(f"Machine: {machine()}; torch {said['torch']}\n")
    print("| recipe | steps | " + " | ".join(SHOWN) + " |\n|---" * 1 + "|---" * (len(SHOWN) + 1) + "|")
    print(_line("not trained", 0, rows[0].start))
    for row in rows:
        print(_line(row.name, row.steps, row.last))


def _finished(folder: Path) -> bool:
    return (folder / "curves.html").is_file()


def _line(name: str, steps: int, values: dict[str, tuple[float, float]]) -> str:
    cells = [f"{mean:.1f} ± {deviation:.1f}" for mean, deviation in (values[key] for key in SHOWN)]
    return f"| {name} | {steps} | " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
