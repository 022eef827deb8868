"""A run that is killed, wherever, and resumed: the same bits as one that was left alone."""

from pathlib import Path
from typing import Any

import pytest
from training_cases import PAIRS, VIEWS, killed, lines_of, losses_of, recipe, same, state_of

from placeprint.descriptors.resumable_vectors import ResumableVectors
from placeprint.errors import PlaceprintError
from placeprint.training import train
from placeprint.training.config import TrainingConfig
from placeprint.training.mining import descriptor_cache
from placeprint.training.runs.reporting import Reporter
from placeprint.training.runs.validation import Validation


def begin(config: TrainingConfig, street: Path, folder: Path) -> None:
    train(config, street, folder, device="cpu", quiet=True, resume=True)


def check_same(whole: Path, parts: Path) -> None:
    assert lines_of(whole) == lines_of(parts)
    assert same(state_of(whole), state_of(parts))
    assert (whole / "model" / "model.safetensors").read_bytes() == (
        parts / "model" / "model.safetensors"
    ).read_bytes()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {
            "optimizer": {"kind": "adamw", "lr": 1e-3},
            "mining": {"kind": "tuples", "count": 6, "pool": 4, "remembered": 3, "refresh_every": 13},
            "run": {
                "epochs": 2,
                "steps_per_epoch": 7,
                "batch": 4,
                "keep_every": 1,
                "accumulate": 2,
                "average": 0.9,
            }
            | {"chunk": 5},
        },
    ],
    ids=["sgd", "adamw-accumulate-average-chunk"],
)
def test_mined_tuples(
    changes: dict[str, Any], street: Path, start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = recipe(start, **changes)
    monkeypatch.setattr(descriptor_cache, "CHUNK", 16)  # 64 photos: a fill has four acknowledged writes
    begin(config, street, tmp_path / "whole")
    parts = tmp_path / "parts"
    with killed(monkeypatch, Validation, "__call__", 0):  # before anything is kept
        begin(config, street, parts)
    with killed(monkeypatch, ResumableVectors, "acknowledge", 3):  # in the middle of the first fill
        begin(config, street, parts)
    with killed(monkeypatch, Reporter, "step", 1):  # in the middle of an epoch, before any checkpoint
        begin(config, street, parts)
    with killed(monkeypatch, ResumableVectors, "acknowledge", 2):  # a refresh in the middle of an epoch
        begin(config, street, parts)
    assert state_of(parts)["progress"]["refreshing"]
    assert 0 < state_of(parts)["progress"]["in_epoch"] < config.run.steps_per_epoch
    with killed(monkeypatch, Reporter, "step", 1):  # beside a batch that is mined already
        begin(config, street, parts)
    with killed(monkeypatch, Validation, "__call__", 0):
        begin(config, street, parts)
    assert state_of(parts)["progress"]["step"] == config.run.steps_per_epoch
    with killed(monkeypatch, Reporter, "step", 4):  # the validation, and three steps
        begin(config, street, parts)
    begin(config, street, parts)
    check_same(tmp_path / "whole", parts)
    assert len(losses_of(parts)) == 2 * config.run.steps_per_epoch
    begin(config, street, parts)  # nothing is left to do
    check_same(tmp_path / "whole", parts)


def test_pairs_of_fresh_views(
    street: Path, start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = recipe(start, data=VIEWS, mining=PAIRS, run={"epochs": 3, "steps_per_epoch": 3, "keep_every": 2})
    begin(config, street, tmp_path / "whole")
    parts = tmp_path / "parts"
    for after in (3, 2, 3):
        with killed(monkeypatch, Reporter, "step", after):
            begin(config, street, parts)
    begin(config, street, parts)
    check_same(tmp_path / "whole", parts)
    losses = losses_of(parts)
    assert len(losses) == 9 == len(set(losses))
    assert [line["step"] for line in lines_of(parts) if line["kind"] == "validation"] == [0, 3, 6, 9]


def test_ctrl_c_leaves_a_run_that_goes_on(
    street: Path, start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = recipe(start, data=VIEWS, mining=PAIRS, run={"epochs": 1, "steps_per_epoch": 3, "keep_every": 1})

    def interrupt(reporter: Reporter, logged: dict[str, Any]) -> None:
        if logged["step"] == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Reporter, "step", interrupt)
        with pytest.raises(KeyboardInterrupt):
            begin(config, street, tmp_path)
    assert [p.name for p in tmp_path.glob(".*")] == []
    begin(config, street, tmp_path)
    assert state_of(tmp_path)["progress"]["step"] == 3


def test_what_does_not_belong_to_the_run_is_refused(street: Path, start: Path, tmp_path: Path) -> None:
    config = recipe(start, data=VIEWS, mining=PAIRS, run={"epochs": 1, "steps_per_epoch": 1})
    train(config, street, tmp_path, device="cpu", quiet=True)
    with pytest.raises(PlaceprintError, match="already has a run"):
        train(config, street, tmp_path, device="cpu", quiet=True)
    with pytest.raises(PlaceprintError, match="another recipe"):
        begin(config.model_copy(update={"seed": 1}), street, tmp_path)
    (tmp_path / "checkpoint.pt").write_bytes((tmp_path / "checkpoint.pt").read_bytes()[:1000])
    with pytest.raises(PlaceprintError, match=r"checkpoint\.pt is not a readable checkpoint"):
        begin(config, street, tmp_path)


def test_descriptors_of_another_step_are_not_mined_from(street: Path, start: Path, tmp_path: Path) -> None:
    config = recipe(start, run={"epochs": 2, "steps_per_epoch": 2, "batch": 4, "keep_every": 1})
    train(config, street, tmp_path, device="cpu", quiet=True)
    state = state_of(tmp_path)
    assert int(state["sampling"]["filled_at"]) == 2
    from placeprint.training.runs.checkpoint import save_checkpoint

    state["progress"] |= {"step": 2, "epoch": 1, "in_epoch": 0}
    state["sampling"]["filled_at"] += 1
    save_checkpoint(tmp_path / "checkpoint.pt", state)
    with pytest.raises(PlaceprintError, match="does not hold the descriptors of step 3"):
        begin(config, street, tmp_path)
