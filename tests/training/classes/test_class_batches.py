"""Batches of classes: what is drawn, what is left without bad photos, which classes are held out."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from class_cases import recipe_of
from torch import Tensor

from placeprint.datasets import PhotoSet, PlaceDataset
from placeprint.errors import PlaceprintError
from placeprint.losses import BatchHardTripletLoss, PDDMLoss
from placeprint.photos import PhotoRecord
from placeprint.training.classes import training_data as class_materials
from placeprint.training.classes.objective import ClassObjective
from placeprint.training.classes.sampler import ClassBatch, ClassSampler
from placeprint.training.classes.training_data import ClassTrainingData, held_out_classes

LABELS = np.repeat(np.arange(6), [5, 3, 2, 9, 4, 1]).astype(np.int64)


def test_what_is_drawn() -> None:
    sampler = ClassSampler(LABELS, classes=3, per_class=3, seed=1)
    assert sampler.steps == (5 + 3 + 9 + 4) // 9
    seen: dict[int, int] = {}
    photos: set[int] = set()
    for epoch in range(200):
        for batch in sampler.epoch(epoch):
            rows = np.array(batch.images)
            assert len(np.unique(rows)) == len(rows) == len(batch) == 9
            assert batch.labels.tolist() == LABELS[rows].tolist()
            classes, counts = np.unique(batch.labels, return_counts=True)
            assert counts.tolist() == [3, 3, 3]
            photos |= set(rows.tolist())
            for label in classes.tolist():
                seen[label] = seen.get(label, 0) + 1
    # Classes 2 and 5 have too few photos; the others come equally often, large or not, with every photo.
    assert sorted(seen) == [0, 1, 3, 4]
    assert min(seen.values()) > 0.9 * max(seen.values())
    assert photos == set(np.flatnonzero(np.isin(LABELS, [0, 1, 3, 4])).tolist())


def test_an_epoch_goes_on_at_any_step() -> None:
    def drawn(seed: int, epoch: int, start: int = 0) -> list[list[int]]:
        return [list(b.images) for b in ClassSampler(LABELS, 2, 2, seed).epoch(epoch, start)]

    whole = drawn(0, 3)
    assert len(whole) == 5
    assert [drawn(0, 3, start) for start in range(6)] == [whole[start:] for start in range(6)]
    assert whole != drawn(0, 4)
    assert whole != drawn(1, 3)
    assert len({tuple(images) for images in whole}) == 5


def test_few_classes() -> None:
    assert ClassSampler(LABELS, 30, 2).classes == 5
    assert ClassSampler(LABELS, 2, 9).steps == 0
    for classes, per_class in ((1, 2), (2, 1)):
        with pytest.raises(ValueError, match="no positive and negative pairs"):
            ClassSampler(LABELS, classes, per_class)


def test_a_batch_without_some_photos() -> None:
    batch = ClassBatch([7, 3, 9, 4], np.array([0, 0, 1, 1]))
    left = batch.without(np.array([1]))
    assert (list(left.images), left.labels.tolist(), len(left)) == ([7, 9, 4], [0, 1, 1], 3)
    assert len(batch.without(np.array([0, 1]))) == 0  # one class
    assert len(batch.without(np.array([0, 2]))) == 0  # two of a photo each
    with pytest.raises(ValueError, match="do not match"):
        ClassBatch([1], np.array([0, 0]))


@pytest.mark.parametrize("loss", [PDDMLoss(4), BatchHardTripletLoss(0.7)])
def test_the_objective_is_the_loss(loss: PDDMLoss | BatchHardTripletLoss) -> None:
    vectors = torch.nn.functional.normalize(torch.randn(6, 4, generator=torch.manual_seed(2)), dim=1)
    batch = ClassBatch(range(6), np.array([5, 5, 2, 2, 8, 8]))

    def gradient(of: object) -> Tensor:
        x = vectors.clone().requires_grad_()
        value = of.loss(x, batch) if isinstance(of, ClassObjective) else loss(x, torch.tensor(batch.labels))
        value.backward()
        assert x.grad is not None
        assert x.grad.abs().sum() > 0
        return x.grad

    objective = ClassObjective(loss)
    assert torch.equal(gradient(objective), gradient(loss))
    pairs = [(i, j) for i in range(6) for j in range(i)]
    for name, same in (("positive_distance", True), ("negative_distance", False)):
        kept = [(i, j) for i, j in pairs if (batch.labels[i] == batch.labels[j]) == same]
        mean = np.mean([float(torch.dist(vectors[i], vectors[j])) for i, j in kept])
        assert objective.statistics(vectors, batch)[name] == pytest.approx(mean, rel=1e-6)


def test_held_out_classes_are_the_last_in_natural_order() -> None:
    names = np.array(["b2", "b10", "b10", "a", "b1", "2", "10"])
    assert held_out_classes(names, 0.5) == ["b1", "b2", "b10"]
    assert held_out_classes(names, 0.99) == ["2", "10", "a", "b1", "b2", "b10"]
    assert held_out_classes(names, 0.01) == []


def materials(
    monkeypatch: pytest.MonkeyPatch, labels: list[str] | None, share: float = 0.34
) -> ClassTrainingData:
    rows = range(len(labels or [0] * 4))
    column = None if labels is None else np.array(labels)
    photos = PhotoSet([PhotoRecord(Path(f"{i}.jpg"), None) for i in rows], labels=column)
    half = len(photos) // 2
    dataset = PlaceDataset("two sides", photos[: half + 1], photos[half:])  # one photo is on both
    monkeypatch.setattr(class_materials, "read_dataset", lambda *_: dataset)
    config = recipe_of()
    mining = config.mining.model_copy(update={"validation_share": share})
    return ClassTrainingData(config.model_copy(update={"mining": mining}), Path())


def test_both_sides_are_parted_by_class(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["a", "d", "", "c", "b", "a", "c", "b", "d", "a", "b", "a"]
    made = materials(monkeypatch, names, 0.5)
    trained = [names[int(path.stem)] for path in made.paths()]
    assert trained == [name for name in names if name in ("a", "b")]
    assert ["ab"[label] for label in made.labels] == trained
    held_out = made.validation.database
    assert held_out.labels is not None
    assert held_out.labels.tolist() == [name for name in names if name in ("c", "d")]
    assert [names[int(photo.path.stem)] for photo in held_out] == held_out.labels.tolist()
    assert made.validation.queries is made.validation.database
    sampled = next(islice(made.sampler().epoch(0), 1))
    assert sampled.labels.tolist() == made.labels[list(sampled.images)].tolist()


@pytest.mark.parametrize(
    ("labels", "said"), [(None, "has no labels"), (["a", "b", "c", "c"], "has 3 classes: too few")]
)
def test_data_that_do_not_fit(monkeypatch: pytest.MonkeyPatch, labels: list[str] | None, said: str) -> None:
    with pytest.raises(PlaceprintError, match=said):
        materials(monkeypatch, labels)


def test_too_few_photos_a_class(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PlaceprintError, match="fewer than two classes have 3 photos"):
        materials(monkeypatch, ["a", "a", "a", "b", "b", "c", "c", "d", "d", "e"]).sampler()
