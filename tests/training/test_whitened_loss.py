"""The loss taken behind a whitening that is fitted anew."""

from pathlib import Path

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from training_cases import lines_of, recipe

from placeprint.descriptors import NetworkDescriptor, open_descriptor
from placeprint.networks.place_network import PlaceNetwork, WhiteningLayer
from placeprint.training import train
from placeprint.training.network.whitening import projected
from placeprint.training.runs.checkpoint import load_checkpoint
from placeprint.whitening.whitening import Whitening

pytestmark = pytest.mark.usefixtures("one_thread")
SAID = {"dim": 5, "images": 1000, "shrinkage": 0.3, "refit_every": 3}


def test_vectors_are_whitened_before_the_loss_and_gradients_go_through() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(40, 8)).astype(np.float32)
    fitted = Whitening.fit(rows, 4, shrinkage=0.5)
    layer = WhiteningLayer.from_arrays(fitted.mean, fitted.matrix)
    vectors = torch.from_numpy(rows[:3]).requires_grad_()
    found = projected(layer, vectors)
    np.testing.assert_allclose(found.detach().numpy(), fitted.apply(rows[:3]), atol=1e-5)
    found[0, 0].backward()
    assert vectors.grad is not None
    assert vectors.grad[0].abs().sum() > 0
    assert projected(None, vectors) is vectors


def test_what_is_kept_is_the_whitened_network_of_the_last_step(
    street: Path, start: Path, tmp_path: Path
) -> None:
    run = train(recipe(start, whitening=SAID), street, tmp_path / "run", quiet=True)
    best = open_descriptor(run.model)
    assert isinstance(best, NetworkDescriptor)
    assert isinstance(best.network, PlaceNetwork)
    assert best.network.whitening is not None
    assert best.dim == 5
    photos = sorted((street / "train").glob("*_*_*.jpg"))
    vectors = best.describe(photos)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    # The statistics are those of vectors behind the whitening: random ones are farther apart than 1.
    steps = [line for line in lines_of(run.path) if line["kind"] == "step"]
    plain = train(recipe(start), street, tmp_path / "plain", quiet=True)
    raw = [line for line in lines_of(plain.path) if line["kind"] == "step"]
    assert steps[0]["loss"] != raw[0]["loss"]
    assert steps[0]["images"] == raw[0]["images"]


def test_the_whitening_is_fitted_at_its_steps_and_resumed_exactly(
    street: Path, start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = recipe(start, whitening=SAID, run={"epochs": 1, "steps_per_epoch": 5, "keep_every": 1})
    whole = train(said, street, tmp_path / "whole", quiet=True)

    from placeprint.training.trainer import Trainer

    step, done = Trainer._step, []

    def killed(self: Trainer, *rest: object) -> None:
        if len(done) == 4:
            raise KeyboardInterrupt
        done.append(None if self.projection is None else self.projection.matrix.clone())
        step(self, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Trainer, "_step", killed)
    with pytest.raises(KeyboardInterrupt):
        train(said, street, tmp_path / "killed", quiet=True)
    monkeypatch.undo()
    assert done[0] is not None  # that of the first validation
    assert torch.equal(done[0], done[1])
    assert torch.equal(done[1], done[2])
    again = train(said, street, tmp_path / "killed", resume=True, quiet=True)
    a, b = (load_checkpoint(run.checkpoint, torch.device("cpu")) for run in (whole, again))
    for name, value in a["network"].items():
        assert torch.equal(value, b["network"][name]), name
    assert not torch.equal(a["projection"]["matrix"], done[1])  # fitted anew at step 3
    assert torch.equal(a["projection"]["matrix"], b["projection"]["matrix"])


def test_what_does_not_go_together_is_refused(start: Path) -> None:
    with pytest.raises(ValidationError, match="refit_every"):
        recipe(start, whitening=SAID, network={"start": str(start), "dim": 4})
