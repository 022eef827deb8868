"""A street that is trained on in seconds: painted panoramas, a tiny network, recipes."""

import csv
import json
from collections.abc import Iterator
from colorsys import hsv_to_rgb
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from placeprint.geo import GeoPoint
from placeprint.networks.architecture import Architecture
from placeprint.training.config import NetworkSpec, TrainingConfig
from placeprint.training.network.starting_network import starting_network
from placeprint.training.runs.checkpoint import load_checkpoint

SIDE = 32
HERE = GeoPoint(52.2, 0.1)
PLACES = {"train": 8, "val": 5}
COLUMNS = ["path", "lat", "lon", "heading", "panorama", "split", "role"]


def write_street(folder: Path) -> Path:
    """Places 60 m apart, each with two panoramas 5 m apart: one of the database, one of queries, noisier.

    A face is gray clouds of its own, with a tint of its place: what is to be learned.
    """
    rng = np.random.default_rng(0)
    rows: list[tuple[object, ...]] = []
    number = 0
    for split, places in PLACES.items():
        (folder / split).mkdir(parents=True)
        for place in range(places):
            hue = 0.4 * (place + (0.3 if split == "val" else 0.0)) / places
            for role in ("database", "query"):
                point = HERE.moved(90.0, 60.0 * number + (5.0 if role == "query" else 0.0))
                for k in range(4):
                    name = f"{split}/{place}_{role}_{k}.jpg"
                    _painted(hue, rng).save(folder / name, quality=95)
                    panorama = f"{split}{place}{role}"
                    rows.append((name, point.lat, point.lon, 90 * k, panorama, split, role))
            number += 1
    with (folder / "photos.csv").open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return folder


def _painted(hue: float, rng: np.random.Generator) -> Image.Image:
    clouds = Image.fromarray(rng.integers(0, 256, (8, 8), dtype=np.uint8)).resize((SIDE, SIDE))
    tint = 255 * np.array(hsv_to_rgb(hue, 1.0, 1.0))
    return Image.fromarray((0.8 * np.asarray(clouds)[..., None] + 0.2 * tint).astype(np.uint8))


def save_start(folder: Path, photos: Path) -> Path:
    """The first blocks of EfficientNet-Lite0, published weights, and a NetVLAD of 4 clusters: 96-D."""
    architecture = Architecture.model_validate(
        {
            "backbone": {"name": "lite0", "cut": "block3"},
            "pooling": {"name": "netvlad", "options": {"clusters": 4}},
        }
    )
    spec = NetworkSpec(architecture=architecture)
    starting_network(spec, sorted(photos.glob("train/*.jpg")), f"exact:{SIDE}x{SIDE}", 0, True).save(folder)
    return folder


def recipe(start: Path, **changes: Any) -> TrainingConfig:
    """Mined tuples of photos; `section={...}` changes fields of a section, or replaces `mining`, `loss`."""
    size = f"exact:{SIDE}x{SIDE}"
    said: dict[str, Any] = {
        "name": "tiny",
        "data": {"size": size, "validation_size": size, "augmentation": {"photometric": 0.5}},
        "network": {"start": str(start), "train_from": "block2"},
        "loss": {"name": "sare", "temperature": 0.2},
        "mining": {"kind": "tuples", "count": 3, "pool": 12, "remembered": 3, "refresh_every": 10},
        "optimizer": {"lr": 0.01},
        "schedule": {"kind": "step", "epochs": 1},
        "run": {"epochs": 2, "steps_per_epoch": 5, "batch": 4, "keep_every": 2, "worst_drop": 100},
    }
    for name, change in changes.items():
        replaced = name in ("mining", "loss") or not isinstance(change, dict)
        said[name] = change if replaced else said.get(name, {}) | change
    return TrainingConfig.model_validate(said)


PAIRS: dict[str, Any] = {"kind": "pairs", "turn": 45.0}
VIEWS: dict[str, Any] = {"views": "panorama", "views_per_panorama": 4}


def state_of(folder: Path) -> dict[str, Any]:
    """The last checkpoint."""
    return load_checkpoint(folder / "checkpoint.pt", torch.device("cpu"))


def same(one: Any, other: Any) -> bool:
    """Bit for bit, whatever it holds."""
    if isinstance(one, torch.Tensor):
        return isinstance(other, torch.Tensor) and one.dtype == other.dtype and torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    return bool(one == other)


def lines_of(folder: Path) -> list[dict[str, Any]]:
    """The log without times; NaN or infinity would be an error."""

    def not_json(word: str) -> None:
        raise ValueError(word)

    said = (folder / "metrics.jsonl").read_text().splitlines()
    lines = [json.loads(line, parse_constant=not_json) for line in said]
    return [{name: value for name, value in line.items() if name != "seconds"} for line in lines]


def losses_of(folder: Path) -> list[float]:
    return [line["loss"] for line in lines_of(folder) if line["kind"] == "step"]


class Killed(BaseException):
    """As SIGKILL would: nobody catches it."""


@contextmanager
def killed(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, after: int) -> Iterator[None]:
    """In the call number `after` + 1 of `owner.name`; that call does nothing."""
    plain, calls = getattr(owner, name), iter(range(after))

    def kill(*arguments: Any, **options: Any) -> Any:
        if next(calls, None) is None:
            raise Killed
        return plain(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, kill)
        with pytest.raises(Killed):
            yield
