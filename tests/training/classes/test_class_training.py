"""Metric learning from class folders to recalls: validation, exact resume, the command."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from class_cases import PHOTOS, recipe_of, write_classes
from sklearn.metrics import normalized_mutual_info_score
from training_cases import lines_of, same, state_of
from typer.testing import CliRunner

from placeprint.cli import app
from placeprint.codebooks import kmeans
from placeprint.losses import PDDM
from placeprint.training import train
from placeprint.training.classes.validation import ClassValidation
from placeprint.training.config import CLASS_RECALL_AT, TrainingConfig
from placeprint.training.runs.reporting import Reporter


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_classes(tmp_path_factory.mktemp("classes") / "data")


def naive(order: list[list[int]], labels: list[str], at: int) -> float:
    hits = [any(labels[j] == labels[i] for j in row[:at]) for i, row in enumerate(order)]
    return round(100 * sum(hits) / len(hits), 2)


def test_validation_is_that_of_a_loop() -> None:
    rng = np.random.default_rng(4)
    vectors = rng.normal(size=(43, 5)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    labels = np.array([f"c{i % 9}" for i in range(42)] + ["alone"])
    shown, names = vectors.copy(), labels.copy()
    shown[7] = 0  # unreadable
    vectors, labels = np.delete(vectors, 7, axis=0), np.delete(labels, 7)
    torch.manual_seed(0)
    metric = PDDM(5)
    validation = ClassValidation(names, metric, seed=3)
    found = validation(lambda: shown)
    others = [[j for j in range(42) if j != i] for i in range(42)]
    nearest = [
        sorted(row, key=lambda j: np.sum((vectors[i] - vectors[j]) ** 2)) for i, row in enumerate(others)
    ]
    rows = torch.from_numpy(vectors)

    def score(i: int, j: int) -> float:
        return float(metric.pairs(rows[[i]], rows[[j]]).detach())

    # Where all of the last layer's units are off, scores are equal: the first photo then comes first.
    alike = [sorted(row, key=lambda j: -score(i, j)) for i, row in enumerate(others)]
    assert found == {n: naive(nearest, labels.tolist(), n) for n in CLASS_RECALL_AT}
    scored = {f"score_recall@{n}": naive(alike, labels.tolist(), n) for n in CLASS_RECALL_AT}
    assert scored != {f"score_recall@{n}": r for n, r in found.items()}
    clusters = kmeans(vectors, 10, seed=3).assign(vectors)
    information = 100 * normalized_mutual_info_score(labels, clusters)
    assert validation.also.pop("nmi") == pytest.approx(information, abs=0.006)
    assert validation.also == scored
    ClassValidation(names)(lambda: shown)


def test_a_small_set_is_searched_to_its_end() -> None:
    validation = ClassValidation(np.array(["a", "b", "a"]), PDDM(2))
    found = validation(lambda: np.array([[1, 0], [0.8, 0.6], [0, 1]], np.float32))
    assert (found[1], found[2], found[32]) == (0, 66.67, 66.67)
    assert validation.also["score_recall@2"] == 66.67


@pytest.fixture(scope="module")
def whole(classes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "whole"
    train(recipe_of(), classes, folder, device="cpu", quiet=True)
    return folder


def test_pddm_moves_and_is_logged(whole: Path) -> None:
    first, *_ = validations = [line for line in lines_of(whole) if line["kind"] == "validation"]
    wanted = (
        {f"recall@{n}" for n in CLASS_RECALL_AT} | {f"score_recall@{n}" for n in CLASS_RECALL_AT} | {"nmi"}
    )
    assert len(validations) == 3
    assert all(set(line) == wanted | {"kind", "step", "epoch"} for line in validations)
    assert all(line["recall@16"] == 100 and 0 < line["nmi"] <= 100 for line in validations)
    steps = [line for line in lines_of(whole) if line["kind"] == "step"]
    assert [line["tuples"] for line in steps] == [6] * 4
    assert all(line["positive_distance"] < line["negative_distance"] for line in steps)
    assert {"metric.score.weight", "metric.joint.bias"} < set(state_of(whole)["loss"])
    groups = state_of(whole)["optimizer"]["param_groups"]
    assert {g["name"]: g["first_lr"] for g in groups}["loss"] == 0.02
    assert {g["first_lr"] for g in groups if g["name"] != "loss"} == {0.01}
    said = json.loads((whole / "environment.json").read_text())
    assert said["training_photos"] == 4 * PHOTOS
    assert first["step"] == 0


def test_a_killed_run_goes_on_with_its_metric(
    classes: Path, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, calls = Reporter.step, iter(range(4))

    def kill(reporter: Reporter, logged: dict[str, Any]) -> None:
        plain(reporter, logged)
        if "loss" in logged and next(calls) == 2:
            raise KeyboardInterrupt

    parts = tmp_path / "parts"
    with monkeypatch.context() as patch:
        patch.setattr(Reporter, "step", kill)
        with pytest.raises(KeyboardInterrupt):
            train(recipe_of(), classes, parts, device="cpu", quiet=True)
    before = state_of(parts)
    assert before["progress"]["step"] == 2
    train(recipe_of(), classes, parts, device="cpu", quiet=True, resume=True)
    assert not same(before["loss"], state_of(parts)["loss"])
    assert lines_of(parts) == lines_of(whole)
    assert same(state_of(parts), state_of(whole))


def test_the_triplet_sees_the_same_batches(classes: Path, tmp_path: Path, whole: Path) -> None:
    train(
        recipe_of("batch-triplet", steps_per_epoch=1, epochs=1),
        classes,
        tmp_path / "t",
        device="cpu",
        quiet=True,
    )
    first, triplet = (
        next(x for x in lines_of(run) if x["kind"] == "step") for run in (whole, tmp_path / "t")
    )
    for name in ("positive_distance", "negative_distance"):
        assert first[name] == triplet[name]
    assert first["loss"] != triplet["loss"]
    assert not any("score" in key for line in lines_of(tmp_path / "t") for key in line)


def test_the_command(classes: Path, tmp_path: Path) -> None:
    config = tmp_path / "tiny.json"
    config.write_text(recipe_of(steps_per_epoch=1, epochs=1).model_dump_json())
    command = ["train", str(classes), "-c", str(config), "-o", str(tmp_path / "run"), "--device", "cpu"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert "recall@1/2/4/8/16/32" in done.stdout
    assert "recall@1/2/4/8/16/32" in done.stderr
    assert (tmp_path / "run" / "model").is_dir()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"loss": {"name": "sare"}}, 'mining.kind "classes" works with'),
        ({"mining": {"kind": "pairs"}}, 'mining.kind "classes" works with'),
        ({"data": {"views": "panorama"}}, 'data.views "photo"'),
        ({"whitening": {}}, "no whitening"),
        ({"run": {"batch": 1, "select_by": 1}}, "run.batch of 2"),
        ({"run": {"batch": 2, "select_by": 5}}, "select_by is not one of 1, 2, 4, 8, 16, 32"),
    ],
)
def test_a_recipe_that_does_not_fit(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        TrainingConfig.model_validate(recipe_of().model_dump() | change)
