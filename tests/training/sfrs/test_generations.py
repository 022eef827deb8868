"""Generations of SFRS: who teaches whom, where students start, what is kept; killed and resumed."""

from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from training_cases import PAIRS, killed, lines_of, recipe, same, state_of

from placeprint.descriptors import NetworkDescriptor, open_descriptor
from placeprint.descriptors.resumable_vectors import ResumableVectors
from placeprint.errors import PlaceprintError
from placeprint.networks.architecture import Architecture
from placeprint.training import load_recipe, train
from placeprint.training.config import TrainingConfig
from placeprint.training.recipe import recipe_names
from placeprint.training.runs.checkpoint import load_checkpoint
from placeprint.training.runs.reporting import Reporter
from placeprint.training.runs.validation import Validation, better
from placeprint.training.sfrs import generations
from placeprint.training.sfrs.difficult_mining import DifficultMiner
from placeprint.training.trainer import Trainer

STEPS, EPOCHS, GENERATIONS = 3, 2, 3
RUN = {"epochs": EPOCHS, "steps_per_epoch": STEPS, "keep_every": 2}
LOSS = {"name": "sfrs", "generations": GENERATIONS, "temperatures": [0.07, 0.06], "k1": 8}


def sfrs(start: Path, **changes: Any) -> TrainingConfig:
    return recipe(start, **{"loss": LOSS, "run": RUN, **changes})


def begin(config: TrainingConfig, street: Path, folder: Path) -> None:
    train(config, street, folder, device="cpu", quiet=True, resume=True)


def folder_of(run: Path, generation: int) -> Path:
    return run / f"generation-{generation}"


def teacher_of(run: Path, generation: int) -> dict[str, Any]:
    state = load_checkpoint(folder_of(run, generation) / "teacher.pt", torch.device("cpu"))
    weights: dict[str, Any] = state["network"]
    return weights


@pytest.fixture(scope="module")
def finished(street: Path, start: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run, its students' weights at the start of each generation in `started.pt`."""
    folder = tmp_path_factory.mktemp("sfrs") / "run"
    started, plain = [], Trainer.fit

    def noting(trainer: Trainer) -> dict[int, float]:
        assert (trainer.sampling.state()["remembered"] == -1).all()
        started.append({name: value.clone() for name, value in trainer.network.state_dict().items()})
        return plain(trainer)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "fit", noting)
        begin(sfrs(start), street, folder)
    torch.save(started, folder / "started.pt")
    return folder


def test_each_student_starts_anew_and_is_taught_by_the_one_before(finished: Path, start: Path) -> None:
    opened = open_descriptor(str(start))
    assert isinstance(opened, NetworkDescriptor)
    at_start = opened.network.state_dict()
    started = torch.load(finished / "started.pt")
    assert len(started) == GENERATIONS
    for generation in range(GENERATIONS):
        assert same(dict(started[generation]), dict(at_start))
        ended = dict(state_of(folder_of(finished, generation))["network"])
        assert not same(ended, dict(at_start))
        taught = at_start if generation == 0 else state_of(folder_of(finished, generation - 1))["network"]
        assert same(dict(teacher_of(finished, generation)), dict(taught))
    first = [lines_of(folder_of(finished, g))[1] for g in range(GENERATIONS)]
    assert len({line["positive_distance"] for line in first}) == 1  # the same queries, the same network
    assert len({line["lr"] for line in first}) == 1


def test_the_soft_loss_comes_with_generation_1(finished: Path) -> None:
    for generation in range(GENERATIONS):
        config = load_recipe(folder_of(finished, generation) / "config.json")
        assert config.run.epochs == (EPOCHS if generation else 1)
        assert config.name == f"tiny.generation-{generation}"
        steps = [line for line in lines_of(folder_of(finished, generation)) if line["kind"] == "step"]
        assert [line["step"] for line in steps] == [*range(1, STEPS * config.run.epochs + 1)]
        for line in steps:
            soft = line.get("soft_loss", 0.0)
            assert (soft > 0) == (generation > 0)
            assert line["loss"] == pytest.approx(line["image_loss"] + 0.5 * soft, rel=1e-5)


def test_the_best_of_all_is_kept_and_all_lines_are_in_one_file(finished: Path) -> None:
    best, chosen, done, expected = None, 0, 0, []
    for generation in range(GENERATIONS):
        folder = folder_of(finished, generation)
        recalls = state_of(folder)["progress"]["best"]
        if better(recalls, best, 5):
            best, chosen = recalls, generation
        lines = lines_of(folder)
        expected += [line | {"step": line["step"] + done, "generation": generation} for line in lines]
        done += lines[-1]["step"]
        assert (folder / "curves.html").is_file()
    assert lines_of(finished) == expected
    kept = (finished / "model" / "model.safetensors").read_bytes()
    assert kept == (folder_of(finished, chosen) / "model" / "model.safetensors").read_bytes()
    assert (finished / "curves.html").is_file()


def test_a_later_generation_replaces_the_model_where_it_is_better(
    street: Path, start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = iter([10.0, 20.0, 10.0, 30.0, 10.0, 25.0])
    monkeypatch.setattr(Validation, "__call__", lambda _: dict.fromkeys((1, 5, 10, 20), next(said)))
    begin(sfrs(start, run={"epochs": 1, "steps_per_epoch": 1}), street, tmp_path)
    weights = [(folder / "model" / "model.safetensors").read_bytes()
               for folder in (tmp_path, *(folder_of(tmp_path, g) for g in range(GENERATIONS)))]  # fmt: skip
    assert weights[0] == weights[2]
    assert len(set(weights)) == 3


def test_killed_and_resumed_it_is_the_uninterrupted_run(
    finished: Path, street: Path, start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = sfrs(start)
    stops: list[tuple[Any, str, int]] = [
        (generations, "save_checkpoint", 0),  # before there is a start
        (Validation, "__call__", 0),
        (Reporter, "step", 2),  # in generation 0: the validation, a step
        (generations, "draw_curves", 0),  # generation 0 is done, its results are not yet kept
        (generations, "save_checkpoint", 0),  # nor the teacher that it becomes
        (ResumableVectors, "acknowledge", 1),
        (DifficultMiner, "mine", 0),
        (Reporter, "step", 2),  # in generation 1, beside a batch that is mined already
        (DifficultMiner, "mine", 0),  # a refresh between two epochs
        (Validation, "__call__", 1),  # the end of generation 1
        (generations, "_gather_metrics", 1),
        (Reporter, "step", 5),
    ]
    stopped = []
    for owner, name, after in stops:
        with killed(monkeypatch, owner, name, after):
            begin(config, street, tmp_path)
        stopped.append(len([*tmp_path.glob("generation-*")]) - 1)
    assert stopped == [-1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2]
    for _ in range(2):  # to the end, and once more, when nothing is left to do
        begin(config, street, tmp_path)
        assert lines_of(tmp_path) == lines_of(finished)
        for generation in range(GENERATIONS):
            one, other = folder_of(tmp_path, generation), folder_of(finished, generation)
            assert lines_of(one) == lines_of(other)
            assert same(state_of(one), state_of(other))
            assert same(dict(teacher_of(tmp_path, generation)), dict(teacher_of(finished, generation)))
        weights = Path("model") / "model.safetensors"
        assert (tmp_path / weights).read_bytes() == (finished / weights).read_bytes()


def test_what_does_not_go_together_is_refused(
    finished: Path, street: Path, start: Path, tmp_path: Path
) -> None:
    for changes in ({"mining": PAIRS}, {"network": {"dim": 16}}):
        with pytest.raises(ValidationError, match="sfrs"):
            sfrs(start, **changes)
    config = load_recipe(folder_of(finished, 1) / "config.json")
    with pytest.raises(PlaceprintError, match="is a single generation"):
        begin(config, street, folder_of(finished, 1))
    assert not folder_of(folder_of(finished, 1), 0).exists()
    gem = Architecture.model_validate(
        {"backbone": {"name": "lite0", "cut": "block3"}, "pooling": {"name": "gem"}}
    )
    network = {"start": None, "architecture": gem.model_dump()}
    with pytest.raises(PlaceprintError, match="ends with NetVLAD"):
        begin(sfrs(start, network=network), street, tmp_path)


def test_teachers_sharpen_and_the_best_of_all_is_whitened(
    street: Path, start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[float, float]] = []
    plain = generations.Teacher

    def noting(network: Any, temperature: float, weight: float, *rest: Any) -> Any:
        seen.append((temperature, weight))
        return plain(network, temperature, weight, *rest)

    monkeypatch.setattr(generations, "Teacher", noting)
    loss = LOSS | {"temperatures": [0.07, 0.06, 0.04], "generations": 4, "soft_weight": 0.25}
    said = sfrs(start, loss=loss, run={"epochs": 1, "steps_per_epoch": 1, "average": 0.5}).model_dump()
    config = TrainingConfig.model_validate(said | {"whitening": {"dim": 8, "images": 40}})
    for _ in range(2):
        begin(config, street, tmp_path)
        assert open_descriptor(str(tmp_path / "model")).dim == 8
        assert open_descriptor(str(folder_of(tmp_path, 1) / "model")).dim == 96
        last = lines_of(tmp_path)[-1]
        assert (last["kind"], last["step"]) == ("whitened", 4)
    for generation in range(1, 4):  # the mean of the weights teaches, where there is one
        ended = state_of(folder_of(tmp_path, generation - 1))
        assert same(dict(teacher_of(tmp_path, generation)), {**ended["network"], **ended["average"]})
        assert not same(dict(ended["average"]), dict(ended["network"]))
    assert seen == [(0.06, 0.25), (0.04, 0.25), (0.04, 0.25)] * 2


def test_regions_of_student_and_teacher_can_be_whitened(
    street: Path, start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    plain = generations.Teacher

    def noting(*said: Any) -> Any:
        seen.append(said[-1])
        return plain(*said)

    monkeypatch.setattr(generations, "Teacher", noting)
    said = sfrs(start, run={"epochs": 1, "steps_per_epoch": 2}).model_dump()
    white = {"dim": 8, "images": 40, "shrinkage": 0.5, "refit_every": 1}
    begin(TrainingConfig.model_validate(said | {"whitening": white}), street, tmp_path)
    assert all(layer.matrix.shape == (8, 96) for layer in seen)
    assert seen
    for generation in range(GENERATIONS):
        assert open_descriptor(str(folder_of(tmp_path, generation) / "model")).dim == 8
    lines = lines_of(tmp_path)
    assert {line["kind"] for line in lines} == {"step", "validation"}
    assert all(line["soft_loss"] > 0 for line in lines if line.get("generation") and line["kind"] == "step")


def test_the_recipes_of_sfrs() -> None:
    assert {"sfrs-small", "sfrs-vgg16-pitts30k"} <= {*recipe_names()}
    published = load_recipe("sfrs-vgg16-pitts30k")
    assert published.loss.name == load_recipe("sfrs-small").loss.name == "sfrs"
    assert (published.run.epochs, published.run.batch, published.loss.generations) == (5, 4, 4)
    assert published.mining.kind == "tuples"
    assert (published.mining.positive_radius, published.mining.beyond, published.mining.negative_radius) == (
        10.0,
        None,
        25.0,
    )
