"""The step of SFRS against loops; gradients in chunks; processes; batches with difficult positives."""

from dataclasses import replace
from pathlib import Path
from threading import Barrier, Thread

import numpy as np
import pytest
import torch
from mining_cases import list_labels, squared, town_labels, unit_rows
from numpy.typing import NDArray
from torch import Tensor

from placeprint.errors import PlaceprintError
from placeprint.losses import SARELoss
from placeprint.networks.backbones import EfficientNetLite0
from placeprint.networks.place_network import PlaceNetwork
from placeprint.networks.pooling import GeM, NetVLAD
from placeprint.rerank.k_reciprocal import jaccard_distances, k_reciprocal_rerank
from placeprint.rerank.k_reciprocal_encoding import k_reciprocal_encoding
from placeprint.rerank.k_reciprocal_presets import PRESETS, KReciprocal
from placeprint.training.assembly.loss_spec import SfrsSpec
from placeprint.training.images.inputs import Loaded
from placeprint.training.mining.descriptor_cache import DescriptorCache
from placeprint.training.mining.labels.weak_labels import WeakLabels
from placeprint.training.mining.tuple_batch import DifficultBatch, TupleBatch, with_difficult
from placeprint.training.network.embedding import backward
from placeprint.training.optimization.processes import Processes
from placeprint.training.sfrs.difficult_mining import DifficultMiner, difficult_positives
from placeprint.training.sfrs.region_objective import RegionObjective, Teacher, regional

TAU = 0.07
SIDE = 20  # a map of 5 x 5: halves of 2 and 3
BATCH = DifficultBatch(
    range(9),
    np.array([0, 3]),
    np.array([1, 4]),
    np.array([[2, 5, 6], [2, 3, 7]]),
    np.array([[True, True, True], [True, False, True]]),
    np.array([[1, 8, 0], [4, 7, 8]]),
    np.array([[True, True, False], [True, False, True]]),
)


class Direct:
    """Images as they are."""

    def load(self, rows: object, epoch: int | None) -> Loaded:
        raise NotImplementedError

    def forward(self, network: PlaceNetwork, x: Tensor) -> Tensor:
        return network(x)  # type: ignore[no-any-return]


def network(seed: int) -> PlaceNetwork:
    torch.manual_seed(seed)
    backbone = EfficientNetLite0(cut="block3")
    return PlaceNetwork(backbone, NetVLAD(backbone.channels, 4)).eval()


def images(count: int = 9) -> Tensor:
    return torch.randn(count, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(5))


def cropped(one: PlaceNetwork, x: Tensor) -> NDArray[np.float64]:
    """(m, 9, d): NetVLAD of the maps' parts, one after the other."""
    maps = one.backbone(x)
    a, b, whole = slice(0, 2), slice(2, 5), slice(0, 5)
    parts = [(whole, whole), (a, whole), (b, whole), (whole, a), (whole, b), (a, a), (a, b), (b, a), (b, b)]
    with torch.no_grad():
        vectors = [one.pooling(maps[:, :, rows, columns]) for rows, columns in parts]
    return torch.stack(vectors, 1).double().numpy()


def naive(student: NDArray[np.float64], teacher: NDArray[np.float64], tau: float, weight: float) -> float:
    """Sections 3.2 and 3.3 in loops; `teacher` of no photos: generation 0."""
    hard, soft = [], []
    for t, (q, p) in enumerate(zip(BATCH.query, BATCH.positive, strict=True)):
        anchor = student[q, 0]
        for n, counts in zip(BATCH.negatives[t], BATCH.mask[t], strict=True):
            similar = [float(anchor @ region) for region in student[n]]
            of_negative = max(similar) if len(teacher) else similar[0]
            if counts:
                hard.append(np.log1p(np.exp((of_negative - anchor @ student[p, 0]) / TAU)))
        if not len(teacher):
            continue
        pairs = [(g, r) for g, c in zip(BATCH.difficult[t], BATCH.difficult_mask[t], strict=True) if c
                 for r in range(9)]  # fmt: skip
        theirs = np.exp([teacher[q, 0] @ teacher[g, r] / tau for g, r in pairs])
        ours = np.exp([anchor @ student[g, r] / TAU for g, r in pairs])
        soft.append(-sum(theirs / theirs.sum() * np.log(ours / ours.sum())))
    return float(np.mean(hard) + (weight * np.mean(soft) if soft else 0.0))


def objective(teacher: PlaceNetwork | None, tau: float = 0.05, weight: float = 0.5) -> RegionObjective:
    made = None if teacher is None else Teacher(teacher, tau, weight, chunk=4)
    return RegionObjective(SARELoss.openibl(tau=TAU), made, TAU)


def test_the_vectors_are_those_of_crops() -> None:
    student, x = network(0), images()
    vectors = objective(None).vectors(student, Direct(), x).detach()
    np.testing.assert_allclose(vectors.view(9, 9, -1), cropped(student, x), atol=1e-5)


@pytest.mark.parametrize(("tau", "weight"), [(0.07, 0.5), (0.05, 0.5), (0.05, 0.2)])
def test_the_loss_is_that_of_loops(tau: float, weight: float) -> None:
    teacher, x = network(1), images()
    student = unit_rows(81, 24, seed=6).reshape(9, 9, 24).astype(np.float64)  # any region may be the hardest
    made = objective(teacher, tau, weight)
    made.begin(BATCH, Direct(), x, Processes())
    vectors = torch.from_numpy(student.reshape(9, -1)).float()
    expected = naive(student, cropped(teacher, x), tau, weight)
    assert float(made.loss(vectors, BATCH)) == pytest.approx(expected, rel=1e-4)
    said = made.statistics(vectors, BATCH)
    assert said["image_loss"] + weight * said["soft_loss"] == pytest.approx(expected, rel=1e-4)
    assert (said["tuples"], said["negatives"]) == (2, 5)
    whole = student[:, 0]
    assert said["positive_distance"] == pytest.approx(
        np.mean(np.linalg.norm(whole[BATCH.query] - whole[BATCH.positive], axis=1)), rel=1e-4
    )


def test_generation_0_sees_whole_photos_alone() -> None:
    student, x = network(0), images()
    made = objective(None)
    plain = TupleBatch(BATCH.images, BATCH.query, BATCH.positive, BATCH.negatives, BATCH.mask)
    made.begin(plain, Direct(), x, Processes())
    vectors = made.vectors(student, Direct(), x).detach().requires_grad_(True)
    loss = made.loss(vectors, plain)
    loss.backward()
    assert float(loss.detach()) == pytest.approx(
        naive(cropped(student, x), np.zeros((0, 9, 1)), 1, 1), rel=1e-4
    )
    assert vectors.grad is not None
    of_regions = vectors.grad.view(9, 9, -1).abs().amax(dim=(0, 2))
    assert of_regions[0] > 0
    assert (of_regions[1:] == 0).all()
    assert "soft_loss" not in made.statistics(vectors.detach(), plain)


def test_gradients_in_chunks_and_a_teacher_that_stays() -> None:
    student, teacher, x = network(0), network(1), images()
    before = {name: value.clone() for name, value in teacher.state_dict().items()}
    made, gradients = objective(teacher), []
    for size in (9, 4):
        student.zero_grad()
        made.begin(BATCH, Direct(), x, Processes())
        backward(lambda part: made.vectors(student, Direct(), part), x.split(size),
                 lambda vectors: made.loss(vectors, BATCH), Processes())  # fmt: skip
        gradients.append([p.grad.clone() for p in student.parameters() if p.grad is not None])
    assert len(gradients[0]) == len(gradients[1]) > 10
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-5)
    assert all(torch.equal(value, before[name]) for name, value in teacher.state_dict().items())
    assert all(p.grad is None and not p.requires_grad for p in teacher.parameters())
    assert all(p.requires_grad for p in student.parameters())


class Two(Processes):
    """Two threads that meet where processes would."""

    def __init__(self, rank: int, barrier: Barrier, box: list[Tensor | None]) -> None:
        super().__init__(rank, 2)
        object.__setattr__(self, "_met", (barrier, box))

    def gather(self, local: Tensor | None) -> tuple[Tensor, slice]:
        barrier, box = self._met  # type: ignore[attr-defined]
        box[self.rank] = local
        barrier.wait(20)
        parts = [part for part in box if part is not None]
        start = 0 if self.rank == 0 or box[0] is None else len(box[0])
        barrier.wait(20)
        return torch.cat(parts), slice(start, start + (0 if local is None else len(local)))


@pytest.mark.parametrize("first", [0, 3, 8, 9])
def test_the_teacher_is_shared_by_processes(first: int) -> None:
    teacher, x = network(1), images()
    (alone,) = [Teacher(teacher, 0.05, 0.5).scores(BATCH, Direct(), x, Processes())]
    barrier, box = Barrier(2), [None, None]
    found: list[Tensor | None] = [None, None]

    def run(rank: int, share: Tensor) -> None:
        found[rank] = Teacher(teacher, 0.05, 0.5).scores(BATCH, Direct(), share, Two(rank, barrier, box))  # type: ignore[arg-type]

    threads = [Thread(target=run, args=(rank, x.split([first, 9 - first])[rank])) for rank in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for scores in found:
        assert scores is not None
        torch.testing.assert_close(scores, alone, rtol=1e-4, atol=1e-5)


def test_a_batch_takes_in_difficult_positives_and_loses_what_cannot_be_read() -> None:
    plain = TupleBatch([10, 20, 30, 40], np.array([3, 1]), np.array([0, 0]), np.array([[2], [1]]),
                       np.array([[True], [False]]))  # fmt: skip
    batch = with_difficult(plain, np.array([[10, 15, -1], [50, -1, -1]]))
    assert batch.images == [10, 15, 20, 30, 40, 50]
    photos = np.array(batch.images)
    assert photos[batch.query].tolist() == [40, 20]
    assert photos[batch.positive].tolist() == [10, 10]
    assert photos[batch.negatives].tolist() == [[30], [20]]
    assert photos[batch.difficult].tolist() == [[10, 15, 40], [50, 20, 20]]
    assert batch.difficult_mask.tolist() == [[True, True, False], [True, False, False]]
    left = batch.without(np.array([1, 5]))
    assert isinstance(left, DifficultBatch)
    assert left.images == [10, 20, 30, 40]
    assert left.difficult_mask.tolist() == [[True, False, False], [False, False, False]]
    assert np.array(left.images)[left.difficult[left.difficult_mask]].tolist() == [10]
    one = batch.without(np.array([2]))
    assert isinstance(one, DifficultBatch)
    assert len(one) == 1
    assert np.array(one.images)[one.difficult].tolist() == [[10, 15, 40]]
    assert not isinstance(plain.without(np.array([0])), DifficultBatch)
    with pytest.raises(ValueError, match="do not match"):
        replace(batch, difficult=batch.difficult[:1])
    with pytest.raises(ValueError, match="beyond"):
        replace(batch, difficult=batch.difficult + 6)


def test_a_tuple_that_lost_its_difficult_positives_has_no_soft_loss() -> None:
    student, teacher, x = network(0), network(1), images()
    counts = BATCH.difficult_mask & np.array([[False], [True]])
    made, losses = objective(teacher), []
    for batch in (
        BATCH,
        replace(BATCH, difficult_mask=counts),
        replace(BATCH, difficult_mask=counts & False),
    ):
        made.begin(batch, Direct(), x, Processes())
        vectors = made.vectors(student, Direct(), x)
        made.loss(vectors, batch)
        losses.append(made.statistics(vectors.detach(), batch)["soft_loss"])
    assert losses[0] != losses[1] > losses[2] == 0


def filled(folder: Path, vectors: NDArray[np.float32], name: str = "one") -> DescriptorCache:
    cache = DescriptorCache(folder, len(vectors), vectors.shape[1])
    cache.fill(name, lambda rows: vectors[rows], quiet=True)
    return cache


def expected(
    labels: WeakLabels, vectors: NDArray[np.float32], distances: NDArray[np.float32], keep: int, pool: int
) -> list[list[int]]:
    """Row by row from the whole matrix of distances (queries, database)."""
    found = []
    for query, positives in enumerate(labels.positives):
        image = int(labels.query_images(np.array([query]))[0])
        near = squared(vectors[image], vectors)
        by_feature = sorted(positives.tolist(), key=lambda row: near[row])
        by_jaccard = np.argsort(distances[query], kind="stable")
        chosen = difficult_positives(np.array(by_feature, np.int64), by_jaccard, keep, pool)
        found.append(chosen.tolist() if len(positives) else [])
    return found


@pytest.mark.parametrize("reranking", PRESETS.values(), ids=PRESETS)
def test_difficult_positives_of_queries_and_a_database(reranking: KReciprocal, tmp_path: Path) -> None:
    labels, vectors = town_labels(database=400, seed=4), unit_rows(440, 8)
    miner = DifficultMiner(labels, filled(tmp_path, vectors), 2, 4, reranking)
    rows = miner.mine()
    distances = k_reciprocal_rerank(vectors[400:], vectors[:400], reranking)
    wanted = expected(labels, vectors, distances, 2, 4)
    assert [row[row >= 0].tolist() for row in rows] == wanted
    assert {len(each) for each in wanted} == {0, 1, 2}
    assert wanted != expected(labels, vectors, 1 - distances, 2, 4)


def test_difficult_positives_in_one_list_without_photos_that_cannot_be_read(tmp_path: Path) -> None:
    labels, vectors = list_labels(), unit_rows(240, 8)
    vectors[[7, 100]] = np.nan
    rows = DifficultMiner(labels, filled(tmp_path, vectors)).mine()
    known = np.setdiff1d(np.arange(240), [7, 100])
    kept = vectors[known]
    encoding = k_reciprocal_encoding(kept, PRESETS["openibl"])
    jaccard = jaccard_distances(encoding, slice(None))
    plain = (np.array([squared(one, kept) for one in kept]) / encoding.farthest[:, None]) ** 2
    distances = np.full((240, 240), 9.0, np.float32)
    distances[np.ix_(known, known)] = 0.9 * jaccard + 0.1 * plain
    readable = labels.leaving_out(np.array([7, 100]))
    assert [row[row >= 0].tolist() for row in rows] == expected(readable, vectors, distances, 10, 20)
    assert (rows[[7, 100]] == -1).all()
    assert 2 < (rows >= 0).sum(axis=1).mean() < 10


def test_difficult_positives_are_mined_once_a_refresh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels, vectors = town_labels(), unit_rows(340)
    cache = filled(tmp_path, vectors)
    miner, mined = DifficultMiner(labels, cache), []
    plain = DifficultMiner.mine
    monkeypatch.setattr(DifficultMiner, "mine", lambda self: mined.append(1) or plain(self))
    rows = miner.current(write=True)
    assert miner.current() is rows
    assert np.array_equal(DifficultMiner(labels, cache).current(), rows)  # another process, or a resumed run
    assert len(mined) == 1
    cache.fill("two", lambda some: unit_rows(340, seed=9)[some], quiet=True)
    assert not np.array_equal(miner.current(), rows)
    assert len(mined) == 2
    miner.path.write_bytes(b"damaged")
    assert np.array_equal(DifficultMiner(labels, cache).current(), miner.current())
    assert len(mined) == 3


def test_networks_without_netvlad_have_no_regions() -> None:
    backbone = EfficientNetLite0(cut="block3")
    with pytest.raises(PlaceprintError, match="ends with NetVLAD"):
        regional(PlaceNetwork(backbone, GeM(backbone.channels)))


def test_the_settings_of_the_authors_code() -> None:
    spec = SfrsSpec()
    assert [spec.teacher_temperature(g) for g in range(6)] == [0.07, 0.07, 0.06, 0.05, 0.05, 0.05]
    sare = spec.build()
    assert isinstance(sare, SARELoss)
    assert (sare.kernel, sare.mode, sare.temperature) == ("gaussian", "independent", 0.14)
    assert (spec.generations, spec.first_epochs, spec.soft_weight, spec.student_temperature) == (
        4,
        1,
        0.5,
        0.07,
    )
    assert (spec.difficult_keep, spec.difficult_pool, spec.k1, spec.k2, spec.distance_weight) == (
        10,
        20,
        20,
        1,
        0.1,
    )
