"""Batches of pairs with places that are taken for one another."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mining_cases import placed
from training_cases import PAIRS, lines_of, recipe

from placeprint.training import train
from placeprint.training.mining.labels.hard_places import NEAREST, HardPlaces
from placeprint.training.mining.labels.position_labels import PositiveRule, weak_labels_of_photos
from placeprint.training.mining.labels.weak_labels import WeakLabels
from placeprint.training.mining.pair_sampler import PairSampler
from placeprint.training.trainer import Trainer

PLACES, VIEWS = 12, 4


def labels() -> WeakLabels:
    """Twelve places 100 m apart, four photos each within 3 m."""
    spots = [(100.0 * place + view, 0.0) for place in range(PLACES) for view in range(VIEWS)]
    return weak_labels_of_photos(placed(spots), PositiveRule(positive_radius=10.0), 25.0)


def test_they_are_the_nearest_of_those_that_are_elsewhere() -> None:
    assert NEAREST == 30
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(PLACES * VIEWS, 6)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[5] = np.nan
    of = labels()
    hard = HardPlaces(of, lambda rows: vectors[rows])
    for row in (0, 17):
        far = [r for r in range(len(vectors)) if r // VIEWS != row // VIEWS and r != 5]
        far.sort(key=lambda r: -float(vectors[r] @ vectors[row]))
        found = hard(row, np.random.default_rng(1)).tolist()
        assert sorted(found) == sorted(far[:NEAREST])
        assert found != far[:NEAREST]
    assert not len(hard(5, np.random.default_rng(1)))


def test_every_second_place_of_a_batch_is_one_that_the_first_is_taken_for() -> None:
    of = labels()
    places = [np.arange(VIEWS) + VIEWS * place for place in range(PLACES)]
    # Place 2 k looks like place 2 k + 1.
    vectors = np.repeat(np.eye(PLACES // 2, dtype=np.float32), 2 * VIEWS, axis=0)

    def twin(row: int, rng: np.random.Generator) -> np.ndarray:
        found = HardPlaces(of, lambda rows: vectors[rows])(row, rng)
        return found[(vectors[found] @ vectors[row]) > 0.5]

    sampler = PairSampler(of, places, 6, hard=twin)
    for epoch in range(4):
        for batch in sampler.epoch(epoch):
            seen = sorted({image // VIEWS for image in batch.images})
            assert len(batch.query) == 12
            assert [place ^ 1 for place in seen[::2]] == seen[1::2]
    assert len(list(PairSampler(of, places, 6).epoch(0))) == sampler.steps


@pytest.mark.usefixtures("one_thread")
def test_a_run_with_hard_places_is_resumed_exactly(
    street: Path, start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mining = PAIRS | {"hard": True, "positives": "nearest"}
    runs = {"epochs": 2, "steps_per_epoch": 2, "batch": 4, "keep_every": 1}
    whole = train(recipe(start, mining=mining, run=runs), street, tmp_path / "whole", quiet=True)
    half = recipe(start, mining=mining, run=runs)
    step, done = Trainer._step, []

    def killed(self: Trainer, *rest: Any) -> None:
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(1)
        step(self, *rest)

    monkeypatch.setattr(Trainer, "_step", killed)
    with pytest.raises(KeyboardInterrupt):
        train(half, street, tmp_path / "half", quiet=True)
    monkeypatch.undo()
    again = train(half, street, tmp_path / "half", resume=True, quiet=True)
    losses = [
        [line["loss"] for line in lines_of(run.path) if line["kind"] == "step"] for run in (whole, again)
    ]
    assert losses[0] == losses[1]
    assert len(losses[0]) == 4
