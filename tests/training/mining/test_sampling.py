"""When and by whom what is mined by is described anew, and that a run goes on with it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mining_cases import reader, town_labels, unit_rows
from torch import Tensor

from placeprint.errors import PlaceprintError
from placeprint.training.images.inputs import Loaded
from placeprint.training.mining.descriptor_cache import DescriptorCache
from placeprint.training.mining.negatives import NegativeMiner
from placeprint.training.mining.refresh import RefreshSchedule
from placeprint.training.mining.sampling import NearPairSampling, TupleSampling, UnminedSampling, fill_by
from placeprint.training.mining.tuple_sampler import TupleSampler
from placeprint.training.optimization.processes import Processes

COUNT, DIM = 340, 16
VECTORS = unit_rows(COUNT, DIM)


class Rows:
    """Inputs that are the numbers of their images."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def __len__(self) -> int:
        return COUNT

    def load(self, rows: Any, epoch: int | None) -> Loaded:
        self.asked += list(rows)
        return Loaded(torch.tensor(rows, dtype=torch.float64)[:, None], {})

    def forward(self, network: Any, x: Tensor) -> Tensor:
        raise AssertionError


def describe(x: Tensor) -> Tensor:
    return torch.from_numpy(VECTORS[x[:, 0].long().numpy()])


class Waiting:
    """One of several processes: what `fill_by` has it do."""

    def __init__(self, first: bool) -> None:
        self.first, self.waited = first, 0

    def barrier(self) -> None:
        self.waited += 1


def cache(folder: Path) -> DescriptorCache:
    return DescriptorCache(folder, COUNT, DIM)


def sampling(folder: Path) -> TupleSampling:
    labels = town_labels()
    miner = NegativeMiner(labels, pool=20, count=4)
    held = cache(folder)
    sampler = TupleSampler(miner, reader(VECTORS[300:]), reader(VECTORS[:300]))
    return TupleSampling(sampler, held, RefreshSchedule(10), "run", quiet=True)


def test_the_first_process_describes_all_and_the_others_wait_and_read(tmp_path: Path) -> None:
    one, other, inputs = cache(tmp_path), cache(tmp_path), Rows()
    first, second = Waiting(True), Waiting(False)
    fill_by(one, "run@0", inputs, describe, first, True)  # type: ignore[arg-type]
    assert sorted(inputs.asked) == list(range(COUNT))
    assert other.fingerprint is None
    fill_by(other, "run@0", inputs, describe, second, True)  # type: ignore[arg-type]
    assert len(inputs.asked) == COUNT
    assert (first.waited, second.waited) == (1, 1)
    for held in (one, other):
        assert held.fingerprint == "run@0"
        np.testing.assert_array_equal(held.read(np.array([0, 7, 339])), VECTORS[[0, 7, 339]])


def test_tuples_are_mined_by_the_last_refresh_alone(tmp_path: Path) -> None:
    mined, inputs = sampling(tmp_path), Rows()
    assert mined.filled_at == -1
    with pytest.raises(PlaceprintError, match="descriptors of step -1"):
        next(mined.batches(0, 0))
    for step in (0, 12):
        mined.refresh(step, inputs, describe, Processes())
        assert (mined.filled_at, mined.cache.fingerprint) == (step, f"run@{step}")
    assert len(inputs.asked) == 2 * COUNT
    assert len(next(mined.batches(0, 0)).query) == 4
    assert mined.steps == mined.sampler.steps == len(list(mined.batches(0, 0)))
    assert len(list(mined.batches(0, 3))) == mined.steps - 3
    mined.cache.reopen("run@0")
    with pytest.raises(PlaceprintError, match="descriptors of step 12"):
        next(mined.batches(0, 0))
    assert [mined.interval(drops) for drops in (0, 1)] == [10, 20]
    assert [mined.due(n, 0, False) for n in (9, 10)] == [False, True]
    assert mined.due(1, 0, True)


def test_a_run_goes_on_with_what_was_remembered(tmp_path: Path) -> None:
    mined = sampling(tmp_path)
    mined.refresh(5, Rows(), describe, Processes())
    list(mined.batches(0, 0))
    state = mined.state()
    again = sampling(tmp_path)
    again.restore(state)
    assert again.filled_at == 5
    np.testing.assert_array_equal(again.sampler.miner.remembered, mined.sampler.miner.remembered)
    assert (again.sampler.miner.remembered >= 0).any()
    assert [batch.images for batch in again.batches(1, 0)] == [b.images for b in mined.batches(1, 0)]


class Numbers:
    """A sampler whose batches are (seed, epoch, step)."""

    steps = 3

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def epoch(self, epoch: int, start: int = 0) -> Any:
        return iter([(self.seed, epoch, step) for step in range(start, self.steps)])


def test_where_nothing_is_mined_an_epoch_has_its_own_sampler(tmp_path: Path) -> None:
    plain: Any = UnminedSampling(Numbers)
    assert plain.steps == 3
    assert list(plain.batches(4, 1)) == [(4, 4, 1), (4, 4, 2)]
    assert plain.interval(0) is None
    assert plain.due(1000, 0, True) is False
    assert plain.state() == {}
    plain.refresh(0, None, None, None)
    near: Any = NearPairSampling(Numbers, cache(tmp_path), "run", quiet=True)
    near.refresh(0, Rows(), describe, Processes())
    assert near.cache.fingerprint == "run@0"
    assert near.due(1000, 0, True) is False
