"""What a recipe trains on, from a data set's folder."""

import csv
import shutil
from pathlib import Path

import pytest
from training_cases import recipe

from placeprint.training.assembly.training_data import TrainingData


@pytest.fixture
def same_spots(street: Path, tmp_path: Path) -> Path:
    """The street, whose queries stand where the photos of the database do."""
    folder = Path(shutil.copytree(street, tmp_path / "same"))
    with (folder / "photos.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    stored = {(row["split"], row["panorama"].removesuffix("database")): row for row in rows}
    for row in rows:
        there = stored[row["split"], row["panorama"].removesuffix("query").removesuffix("database")]
        row["lat"], row["lon"] = there["lat"], there["lon"]
    with (folder / "photos.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return folder


@pytest.mark.parametrize(("beyond", "trained"), [("none", 32), (None, 32), (0.0, 0), (1.0, 0)])
def test_positives_of_the_very_same_spot(beyond: object, trained: int, start: Path, same_spots: Path) -> None:
    mining = {"kind": "tuples", "beyond": beyond}
    labels = TrainingData(recipe(start, mining=mining), same_spots).of_epoch(0).labels
    assert len(labels) == 32
    assert len(labels.with_positives) == trained
    # The four photos of the place, whatever way they look.
    assert {len(rows) for rows in labels.positives} == ({4} if trained else {0})
    plain = {name: value for name, value in mining.items() if name != "beyond"}
    by_default = TrainingData(recipe(start, mining=plain), same_spots).of_epoch(0).labels
    assert len(by_default.with_positives) == 32
