"""Folders of painted photos, one a class, and a recipe that learns them in seconds."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from placeprint.training.config import TrainingConfig

SIDE = 32
CLASSES = 6
PHOTOS = 5


def write_classes(folder: Path) -> Path:
    """Photos of a class are one pattern under noise and another light; class10 comes after class2."""
    rng = np.random.default_rng(0)
    for name in (*(f"class{number}" for number in range(CLASSES - 1)), "class10"):
        (folder / name).mkdir(parents=True)
        pattern = Image.fromarray(rng.integers(0, 256, (4, 4, 3), dtype=np.uint8))
        plain = np.asarray(pattern.resize((SIDE, SIDE), Image.Resampling.BICUBIC), np.float64)
        for number in range(PHOTOS):
            noisy = rng.uniform(0.5, 1.0) * plain + rng.normal(0, 40, plain.shape)
            Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(folder / name / f"{number}.png")
    return folder


def recipe_of(loss: str = "pddm", **run: Any) -> TrainingConfig:
    """Two blocks of EfficientNet-Lite0, GeM and 8-D; all classes but the last two are trained on."""
    size = f"exact:{SIDE}x{SIDE}"
    return TrainingConfig.model_validate(
        {
            "name": "tiny",
            "data": {"split": "all", "layout": "class-folders", "size": size, "validation_size": size},
            "network": {
                "architecture": {"backbone": {"name": "lite0", "cut": "block3"}, "pooling": {"name": "gem"}},
                "train_from": "block2",
                "cache_stage": True,
                "dim": 8,
            },
            "loss": {"name": loss},
            "mining": {"kind": "classes", "per_class": 3, "validation_share": 0.34},
            "optimizer": {"lr": 0.01, "loss_lr": 0.02},
            "run": {"epochs": 2, "steps_per_epoch": 2, "batch": 2, "keep_every": 1, "select_by": 1}
            | {"worst_drop": 100}
            | run,
        }
    )
