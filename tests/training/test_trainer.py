"""Training as a whole: it learns, leaves alone what is frozen, and says clearly what goes wrong."""

import errno
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from training_cases import PAIRS, VIEWS, killed, lines_of, losses_of, recipe, same, state_of

from placeprint.descriptors import NetworkDescriptor, open_descriptor
from placeprint.errors import PlaceprintError
from placeprint.networks.place_network import PlaceNetwork
from placeprint.training import DivergedError, train
from placeprint.training.config import TrainingConfig
from placeprint.training.objective import TupleObjective
from placeprint.training.runs.reporting import Reporter
from placeprint.training.runs.run_folder import RunFolder
from placeprint.training.runs.validation import Validation
from placeprint.training.trainer import Trainer


def run(config: TrainingConfig, street: Path, folder: Path, resume: bool = False) -> RunFolder:
    return train(config, street, folder, device="cpu", quiet=True, resume=resume)


def network_of(model: Path) -> PlaceNetwork:
    opened = open_descriptor(str(model))
    assert isinstance(opened, NetworkDescriptor)
    assert isinstance(opened.network, PlaceNetwork)
    return opened.network


@pytest.fixture
def copy(street: Path, tmp_path: Path) -> Path:
    """The street, to be spoilt."""
    return shutil.copytree(street, tmp_path / "street")


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:200])


def test_it_learns(street: Path, start: Path, tmp_path: Path) -> None:
    config = recipe(
        start,
        mining={"kind": "tuples", "count": 5, "refresh_every": 1000},
        data={"augmentation": {}},
        network={"train_from": "stem"},
        loss={"name": "sare", "temperature": 0.1},
        optimizer={"kind": "adamw", "lr": 3e-3},
        run={"epochs": 6, "steps_per_epoch": 4, "batch": 8, "validate_every": 3},
    )
    run(config, street, tmp_path)
    losses = losses_of(tmp_path)
    recalls = [line["recall@1"] for line in lines_of(tmp_path) if line["kind"] == "validation"]
    assert np.mean(losses[-6:]) < 0.65 * np.mean(losses[:6])
    assert recalls[-1] > recalls[0]
    said = open_descriptor(str(tmp_path / "model"))
    assert isinstance(said, NetworkDescriptor)
    assert said.card.training == "tiny; 64 photos, seed 0"
    assert len(said.card.learnt_from) == 64


def test_what_is_frozen_and_all_batch_norms_stay(street: Path, start: Path, tmp_path: Path) -> None:
    config = recipe(start, mining=PAIRS, run={"epochs": 1, "steps_per_epoch": 3})
    run(config, street, tmp_path)
    before, after = network_of(start).state_dict(), state_of(tmp_path)["network"]
    backbone = network_of(start).backbone
    frozen = {id(p) for name in ("stem", "block1") for p in backbone.stages()[name].parameters()}
    named = dict(network_of(start).named_parameters())
    still = {f"backbone.{name}" for name, p in backbone.named_parameters() if id(p) in frozen}
    assert len(still) > 6
    for name, value in before.items():
        moved = not torch.equal(value, after[name])
        assert moved == (name in named and name not in still), name


def test_cached_maps_train_as_pixels_do(street: Path, start: Path, tmp_path: Path) -> None:
    """Of the same images: with the maps rounded to half precision."""
    losses = []
    for cached in (True, False):
        config = recipe(
            start,
            data=VIEWS | {"augmentation": {}},
            network={"cache_stage": cached},
            mining=PAIRS,
            run={"epochs": 2, "steps_per_epoch": 4, "average": 0.5},
        )
        folder = tmp_path / str(cached)
        run(config, street, folder)
        losses.append(losses_of(folder))
        validated = [line for line in lines_of(folder) if line["kind"] == "validation"]
        assert len(validated) == 3
    np.testing.assert_allclose(*losses, rtol=3e-3)
    assert losses[0] != losses[1]
    assert not (tmp_path / "False" / "shared").exists()
    before, after = network_of(start).state_dict(), network_of(tmp_path / "True" / "model").state_dict()
    assert torch.equal(before["backbone._conv_stem.weight"], after["backbone._conv_stem.weight"])


def test_the_mean_of_the_weights_is_what_is_validated_and_kept(
    street: Path, start: Path, tmp_path: Path
) -> None:
    config = recipe(
        start, mining=PAIRS, run={"epochs": 1, "steps_per_epoch": 3, "average": 0.5, "keep_every": 1}
    )
    config = config.model_copy(update={"run": config.run.model_copy(update={"select_by": 1})})
    seen: list[dict[str, Tensor]] = []
    plain = Trainer._step

    def step(trainer: Trainer, *arguments: Any) -> None:
        plain(trainer, *arguments)
        seen.append({name: value.clone() for name, value in trainer.network.state_dict().items()})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "_step", step)
        run(config, street, tmp_path)
    name = "pooling.centres"
    mean = network_of(start).state_dict()[name]
    for moved, weights in enumerate(seen, 1):
        decay = min(0.5, moved / (moved + 9))
        mean = decay * mean + (1 - decay) * weights[name]
    torch.testing.assert_close(state_of(tmp_path)["average"][name], mean)


def test_a_photo_that_breaks_meanwhile_costs_its_own_tuples(
    copy: Path,
    start: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken = copy / "train" / "3_query_1.jpg"
    plain = Reporter.step

    def step(reporter: Reporter, logged: dict[str, Any]) -> None:
        plain(reporter, logged)
        if logged.get("step") == 1 and "tuples" in logged:
            truncate(broken)

    monkeypatch.setattr(Reporter, "step", step)
    config = recipe(start, mining={"kind": "tuples", "count": 3, "refresh_every": 1000},
                    run={"epochs": 2, "steps_per_epoch": 8})  # fmt: skip
    run(config, copy, tmp_path / "run")
    lines = [line for line in lines_of(tmp_path / "run") if line["kind"] == "step"]
    first, second = lines[:8], lines[8:]
    assert sum(line["unreadable"] for line in first) == 1
    assert [line["tuples"] for line in first if line["unreadable"]] == [3]
    assert {line["tuples"] for line in first if not line["unreadable"]} == {4}
    # From the next refresh on it has no vector, and is not even mined.
    assert sum(line["unreadable"] for line in second) == 0
    assert sum(line["tuples"] for line in second) == 31
    (said,) = [r.message for r in caplog.records if r.levelname == "WARNING"]
    assert str(broken) in said


def test_maps_name_the_photo_that_could_not_be_read(
    copy: Path, start: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    truncate(copy / "train" / "0_database_0.jpg")
    config = recipe(
        start,
        data=VIEWS,
        network={"cache_stage": True},
        mining=PAIRS,
        run={"epochs": 1, "steps_per_epoch": 2, "batch": 8},
    )
    run(config, copy, tmp_path / "run")
    assert {line["unreadable"] for line in lines_of(tmp_path / "run") if line["kind"] == "step"} == {1}
    assert "0_database_0.jpg" in caplog.text


def test_a_query_without_positives_is_skipped(copy: Path, start: Path, tmp_path: Path) -> None:
    lines = (copy / "photos.csv").read_text().splitlines()
    kept = [line for line in lines if "train/0_database" not in line]  # the queries of place 0 are alone
    (copy / "photos.csv").write_text("\n".join(kept) + "\n")
    config = recipe(start, run={"epochs": 1, "steps_per_epoch": None, "batch": 4})
    run(config, copy, tmp_path / "run")
    assert [line["tuples"] for line in lines_of(tmp_path / "run") if line["kind"] == "step"] == [4] * 7


def test_a_batch_of_no_tuples_moves_nothing(copy: Path, start: Path, tmp_path: Path) -> None:
    """All queries are broken after the first refresh."""
    config = recipe(
        start,
        mining={"kind": "tuples", "negatives": "random", "count": 3},
        optimizer={"kind": "adamw", "lr": 0.01},
        run={"epochs": 1, "steps_per_epoch": 3, "precision": "float16"},
    )
    for photo in copy.glob("train/*_query_*.jpg"):
        truncate(photo)
    run(config, copy, tmp_path / "run")
    steps = [line for line in lines_of(tmp_path / "run") if line["kind"] == "step"]
    assert [(line["tuples"], line["unreadable"], line["gradient_norm"]) for line in steps] == [
        (0, 4, 0.0)
    ] * 3
    before, after = network_of(start).state_dict(), state_of(tmp_path / "run")["network"]
    assert all(torch.equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize("loss", ["relja", "openibl", "benchmark", None])
def test_a_batch_without_a_violating_triplet_takes_no_step_in_netvlads_preset_alone(
    loss: str | None, street: Path, start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The weights by a loop: v ← 0.9 v + g + 0.1 w and w ← w − lr v; in NetVLAD's code only if the batches
    that are added up have a violating triplet between them. Here batches 1, 2, 3 and 6 have none."""
    config = recipe(
        start,
        loss={"name": "triplet"} if loss is None else {"name": "triplet", "preset": loss},
        optimizer={"lr": 0.01, "momentum": 0.9, "weight_decay": 0.1},
        schedule={"kind": "constant"},
        run={"epochs": 1, "steps_per_epoch": 8, "accumulate": 2, "keep_every": 100},
    )
    plain_loss, plain_step, name = TupleObjective.loss, Trainer._step, "pooling.centers"
    numbers, seen = iter(range(8)), []

    def none_violates(objective: TupleObjective, vectors: Tensor, batch: Any) -> Tensor:
        quiet = next(numbers) in (1, 2, 3, 6)
        return plain_loss(objective, vectors, batch) * (0.0 if quiet else 1.0)

    def step(trainer: Trainer, *arguments: Any) -> None:
        plain_step(trainer, *arguments)
        weight = trainer.network.get_parameter(name)
        assert weight.grad is not None
        seen.append((weight.detach().clone(), weight.grad.clone(), float(weight.grad.abs().max())))

    monkeypatch.setattr(TupleObjective, "loss", none_violates)
    monkeypatch.setattr(Trainer, "_step", step)
    run(config, street, tmp_path)
    weight, velocity = network_of(start).get_parameter(name).detach().clone(), 0.0
    for number, (found, gradient, largest) in enumerate(seen):
        if number % 2 and not (loss == "relja" and number == 3):
            velocity = 0.9 * velocity + gradient + 0.1 * weight
            weight = weight - 0.01 * velocity
        torch.testing.assert_close(found, weight)
        assert (largest == 0.0) == (number in (2, 3, 6))
    norms = [line.get("gradient_norm") for line in lines_of(tmp_path) if line["kind"] == "step"]
    assert norms[3] == 0.0
    assert all(norm > 0 for norm in norms[1::4] + norms[5::2])
    assert norms[::2] == [None] * 4


def test_a_run_that_rests_goes_on_exactly_where_it_was(
    street: Path, start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between two batches that are added up, of which the first had no violating triplet."""
    config = recipe(
        start,
        loss={"name": "triplet", "preset": "relja"},
        optimizer={"weight_decay": 0.1},
        run={"epochs": 1, "steps_per_epoch": 6, "accumulate": 2, "keep_every": 1},
    )
    plain, step = TupleObjective.loss, Trainer._step
    at: list[int] = []

    def none_violates(objective: TupleObjective, vectors: Tensor, batch: Any) -> Tensor:
        return plain(objective, vectors, batch) * (0.0 if at[-1] == 2 else 1.0)

    def noted(trainer: Trainer, *arguments: Any) -> None:
        at.append(trainer.progress.step)
        step(trainer, *arguments)

    monkeypatch.setattr(TupleObjective, "loss", none_violates)
    monkeypatch.setattr(Trainer, "_step", noted)
    run(config, street, tmp_path / "whole")
    with killed(monkeypatch, Trainer, "_step", 3):
        run(config, street, tmp_path / "killed")
    run(config, street, tmp_path / "killed", resume=True)
    assert lines_of(tmp_path / "killed") == lines_of(tmp_path / "whole")
    assert same(state_of(tmp_path / "killed"), state_of(tmp_path / "whole"))


def test_no_batch_at_all_is_an_error(copy: Path, start: Path, tmp_path: Path) -> None:
    for mining in ({"kind": "tuples", "positive_radius": 1.0}, PAIRS | {"positive_radius": 1.0}):
        with pytest.raises(PlaceprintError, match="within 1 m"):
            run(recipe(start, mining=mining), copy, tmp_path / mining["kind"])


def test_a_loss_that_is_not_a_number_ends_the_run_with_all_that_was_good(
    street: Path, start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = recipe(start, mining=PAIRS, run={"epochs": 2, "steps_per_epoch": 3, "keep_every": 1})
    plain, calls = TupleObjective.loss, iter(range(3))

    def loss(objective: TupleObjective, *arguments: Any) -> Tensor:
        return plain(objective, *arguments) * (1.0 if next(calls, None) is not None else float("nan"))

    with monkeypatch.context() as patch:
        patch.setattr(TupleObjective, "loss", loss)
        with pytest.raises(DivergedError, match="at step 4 the loss is nan"):
            run(config, street, tmp_path)
    assert lines_of(tmp_path)[-1] | {"step": 4, "loss": None, "gradient_norm": None} == lines_of(tmp_path)[-1]
    network_of(tmp_path / "model")
    weights = state_of(tmp_path)["network"].values()
    assert all(bool(torch.isfinite(value).all()) for value in weights)
    run(config, street, tmp_path, resume=True)  # it was the machine
    assert len(losses_of(tmp_path)) == 6
    assert None not in losses_of(tmp_path)


def test_vectors_that_are_all_alike_end_the_run(
    street: Path, start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def vectors(objective: Any, network: PlaceNetwork, inputs: Any, x: Tensor) -> Tensor:
        found: Tensor = inputs.forward(network, x)
        return found * 0.01 + torch.ones(found.shape[1])

    monkeypatch.setattr(TupleObjective, "vectors", vectors)
    with pytest.raises(DivergedError, match="at step 1 all photos have nearly the same vector"):
        run(recipe(start, mining=PAIRS), street, tmp_path)


def test_a_recall_that_falls_ends_the_run(
    street: Path, start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recalls = iter([60.0, 70.0, 46.0, 44.0, 90.0])
    monkeypatch.setattr(Validation, "__call__", lambda _: dict.fromkeys((1, 5, 10, 20), next(recalls)))
    config = recipe(start, mining=PAIRS, run={"epochs": 9, "steps_per_epoch": 1, "worst_drop": 25.0})
    with pytest.raises(DivergedError, match=r"fell from 70\.0 to 44\.0 %"):
        run(config, street, tmp_path)
    assert state_of(tmp_path)["progress"]["best"][1] == 70.0


def test_patience_and_the_choice_of_the_best(
    street: Path, start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = iter([(10, 50), (20, 60), (30, 60), (40, 55), (40, 60), (39, 60), (40, 60), (99, 99)])
    monkeypatch.setattr(
        Validation, "__call__", lambda _: dict(zip((1, 5, 10, 20), [*next(found), 80, 80], strict=True))
    )
    config = recipe(
        start, mining=PAIRS, run={"epochs": 9, "steps_per_epoch": 1, "keep_every": 1, "patience": 2}
    )
    kept = []
    with monkeypatch.context() as patch:
        plain = NetworkDescriptor.save
        patch.setattr(NetworkDescriptor, "save", lambda self, path: (kept.append(path), plain(self, path))[1])
        run(config, street, tmp_path)
    # By recall@5, then by recall@1; the earlier of equals is kept, and the second that is no better ends it.
    progress = state_of(tmp_path)["progress"]
    assert len(kept) == 4
    assert (progress["best"][1], progress["step"], progress["waited"]) == (40, 6, 2)


@pytest.mark.parametrize("full", ["checkpoint.pt", "metrics.jsonl", "model"])
def test_a_full_disk_is_one_clear_line_and_the_run_goes_on_later(
    full: str, street: Path, start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = recipe(start, mining=PAIRS, run={"epochs": 1, "steps_per_epoch": 4, "keep_every": 2})
    run(config, street, tmp_path / "whole")
    folder = tmp_path / "run"
    fsync, opened, steps = os.fsync, Path.open, iter(range(3))

    def no_room(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def sync(handle: int) -> None:
        name = Path(f"/proc/self/fd/{handle}").readlink().name
        if (
            "checkpoint.pt" in name
            and folder.joinpath("checkpoint.pt").exists()
            and next(steps, None) is None
        ):
            no_room()
        fsync(handle)

    def open_(path: Path, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        file = opened(path, mode, *arguments, **options)
        if path.name == "metrics.jsonl" and mode == "a" and next(steps, None) is None:
            file.write('{"kind": "st')
            file.flush()
            monkeypatch.setattr(file, "write", no_room, raising=False)
        return file

    with monkeypatch.context() as patch:
        if full == "metrics.jsonl":
            patch.setattr(Path, "open", open_)
        elif full == "checkpoint.pt":
            patch.setattr(os, "fsync", sync)
        else:
            patch.setattr(NetworkDescriptor, "save", lambda self, path: no_room())
        with pytest.raises(PlaceprintError, match="No space left on device") as caught:
            run(config, street, folder)
    assert full in str(caught.value)
    assert "resume" in str(caught.value)
    assert list(folder.glob(".*")) == []
    run(config, street, folder, resume=True)
    assert lines_of(folder) == lines_of(tmp_path / "whole")
    assert same(state_of(folder), state_of(tmp_path / "whole"))


def test_half_precision_survives_an_overflow(street: Path, start: Path, tmp_path: Path) -> None:
    """The first scale of 65536 is too large: the step is left out, and the scale halved."""
    config = recipe(
        start,
        mining=PAIRS,
        loss={"name": "sare", "temperature": 0.001},
        run={"epochs": 1, "steps_per_epoch": 4, "precision": "float16"},
    )
    run(config, street, tmp_path)
    steps = [line for line in lines_of(tmp_path) if line["kind"] == "step"]
    assert state_of(tmp_path)["scaler"]["scale"] < 65536
    assert len(steps) == 4
    assert steps[0]["gradient_norm"] is None


def test_validation_photos_must_be_others(copy: Path, start: Path, tmp_path: Path) -> None:
    config = recipe(start, data={"split": "val"})
    with pytest.raises(PlaceprintError, match=r"40 photos of the validation split.*val/0_database_0\.jpg"):
        run(config, copy, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_stages_and_layers_that_are_not_there(street: Path, start: Path, tmp_path: Path) -> None:
    for network, said in (
        ({"train_from": "conv5_1"}, "no stage 'conv5_1'"),
        ({"train_from": "stem", "cache_stage": True}, "nothing precedes 'stem'"),
        ({"start": None, "architecture": {"backbone": {"name": "lite0", "cut": "block99"},
                                          "pooling": {"name": "gem"}}}, "no layer 'block99'"),
        ({"start": None, "architecture": {"backbone": {"name": "vgg16"}, "pooling": {"name": "gem"}}},
         "needs published weights"),
        ({"start": str(street)}, "street"),
    ):  # fmt: skip
        with pytest.raises(PlaceprintError, match=said):
            run(recipe(start, network=network), street, tmp_path / said[:8])
