"""PDDM against the triplet loss and the untrained network: retrieval of photos of classes never seen.

    python benchmarks/pddm.py IE_TOWER [--split areas] [--seeds 3] [--epochs 20] [--output FOLDER]

Recipes `pddm-small` and `batch-triplet-small`: the same network, batches, optimizer and steps, so that only
the loss differs. Of the classes of the split, in order of their names, the first half is trained on, the
second half validated on: each photo asks all others (Song et al., CVPR 2016, section 6.1). Rows are the
networks after the last step, so that nothing is selected; mean and sample deviation over seeds, in per
cent. "by score": the same PDDM networks, photos ranked by S. Frames of one film are near copies: compare
rows with one another, not with other data.
`--split floor-areas`: an area of one floor is a class of its own. With `--output` runs are kept, and a
killed benchmark goes on.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from placeprint.training import RunFolder, load_recipe, train
from provenance import machine

NS = (1, 2, 4, 8, 16, 32)
EUCLIDEAN = [*(f"recall@{n}" for n in NS), "nmi"]
BY_SCORE = [f"score_recall@{n}" for n in NS]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--split", choices=["areas", "floor-areas"], default="areas")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--steps", type=int, help="steps an epoch, for a smoke run")
    parser.add_argument("--output", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as made:
        folder = options.output or Path(made)
        runs = {name: [run(options, folder, name, seed) for seed in range(options.seeds)]
                for name in ("batch-triplet-small", "pddm-small")}  # fmt: skip
        show(runs)
    said = runs["pddm-small"][0]
    print(f"ie-tower/{options.split}, {said['photos']} training photos, {said['steps']} steps, ", end="")
    print(f"seeds 0 to {options.seeds - 1}; data {said['training']} and {said['validation']}")
    print(f"{machine()}, torch {torch.__version__}, {options.threads} thread(s)")


def run(options: argparse.Namespace, folder: Path, recipe: str, seed: int) -> dict[str, Any]:
    changes = [f"seed={seed}", f"data.split={options.split}"]
    changes += [f"run.epochs={options.epochs}", f"run.validate_every={options.epochs}"]
    if options.steps:
        changes.append(f"run.steps_per_epoch={options.steps}")
    config = load_recipe(recipe, changes)
    at = folder / f"{options.split}-{recipe}-{seed}"
    found: RunFolder = train(config, options.folder, at, resume=True, shared=folder / "shared", device="cpu")
    lines, data = found.metrics("validation"), found.environment()
    return {
        "untrained": lines[0],
        "trained": lines[-1],
        "steps": lines[-1]["step"],
        "photos": data["training_photos"],
        "training": data["training_fingerprint"],
        "validation": data["validation_fingerprint"],
    }


def show(runs: dict[str, list[dict[str, Any]]]) -> None:
    triplet, pddm = runs["batch-triplet-small"], runs["pddm-small"]
    rows = {
        "untrained": ([one["untrained"] for one in pddm], EUCLIDEAN),
        "triplet": ([one["trained"] for one in triplet], EUCLIDEAN),
        "PDDM, Euclidean": ([one["trained"] for one in pddm], EUCLIDEAN),
        "PDDM, by score": ([one["trained"] for one in pddm], BY_SCORE),
        "random PDDM, by score": ([one["untrained"] for one in pddm], BY_SCORE),
    }
    print("| |" + "".join(f" R@{n} |" for n in NS) + " NMI |\n|---|" + "---|" * (len(NS) + 1))
    for name, (lines, names) in rows.items():
        cells = [spread([line[key] for line in lines]) for key in names]
        print(f"| {name} | " + " | ".join([*cells, *[""] * (len(NS) + 1 - len(cells))]) + " |")


def spread(values: list[float]) -> str:
    if len(values) == 1:
        return f"{values[0]:.1f}"
    return f"{np.mean(values):.1f} ± {np.std(values, ddof=1):.1f}"


if __name__ == "__main__":
    main()
