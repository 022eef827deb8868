"""A town of plain colors: 12 places of two database views each, and 8 queries, one of them far away."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from placeprint.datasets import PlaceDataset, from_table
from placeprint.photos import load

ORIGIN = (52.2, 0.1)


class MeanColor:
    """A descriptor: the mean color, as a unit vector. `noise` makes a worse one."""

    dim = 4

    def __init__(self, noise: float = 0.0) -> None:
        self.noise, self.described = noise, 0
        self.name, self.fingerprint = f"mean-color-{noise:g}", f"{noise:g}".replace(".", "")
        self.recipe: dict[str, object] = {"noise": noise}

    def describe(self, photos: Sequence[str | Path | NDArray[np.uint8]]) -> NDArray[np.float32]:
        self.described += len(photos)
        rows = np.ones((len(photos), self.dim), np.float32)
        for row, photo in enumerate(photos):
            image = photo if isinstance(photo, np.ndarray) else load(photo)
            color = image.mean(axis=(0, 1)) / 255.0
            rng = np.random.default_rng(int(color.sum() * 1e6))
            rows[row, :3] = color + self.noise * rng.standard_normal(3)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)

    def save(self, path: Path) -> None:
        raise NotImplementedError


@pytest.fixture
def colors(tmp_path: Path) -> PlaceDataset:
    rng = np.random.default_rng(0)
    lines = ["path,lat,lon,heading,panorama,split,role"]
    folder = tmp_path / "colors"
    folder.mkdir()
    for place in range(12):
        color = rng.uniform(0, 255, 3)
        lat, lon = ORIGIN[0] + 0.001 * place, ORIGIN[1]
        roles = ["database", "database"] + (["query"] if place < 8 else [])
        for view, role in enumerate(roles):
            name = f"{role}-{place:02d}-{view}.png"
            shade = np.clip(color + rng.normal(0, 4, 3), 0, 255).astype(np.uint8)
            Image.fromarray(np.broadcast_to(shade, (24, 32, 3)).copy()).save(folder / name)
            away = 1.0 if role == "query" and place == 7 else 0.0
            lines.append(f"{name},{lat + away + 0.00001 * view},{lon},0,{role}{place},val,{role}")
    (folder / "photos.csv").write_text("\n".join(lines) + "\n")
    return from_table(folder / "photos.csv", "val")


@pytest.fixture
def mean_color() -> type[MeanColor]:
    return MeanColor
