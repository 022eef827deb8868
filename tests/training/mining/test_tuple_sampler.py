"""Epochs of tuples: what each batch holds, resume, several processes, a refresh in between."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest
from mining_cases import list_labels, reader, squared, town_labels, unit_rows

from placeprint.training.mining.labels.weak_labels import WeakLabels
from placeprint.training.mining.negatives import NegativeMiner
from placeprint.training.mining.refresh import RefreshSchedule
from placeprint.training.mining.tuple_batch import TupleBatch
from placeprint.training.mining.tuple_sampler import TupleSampler
from placeprint.training.mining.tuples import (
    MinedTuples,
    MiningStatistics,
    mine_tuples,
    mining_statistics,
    tuple_batch,
)

LABELS = town_labels()
DATABASE, QUERIES = unit_rows(300, seed=1), unit_rows(40, seed=2)
for row in LABELS.with_positives:  # somewhat like a photo of the same place
    QUERIES[row] = (QUERIES[row] + DATABASE[LABELS.positives[row][0]]) / np.sqrt(2.0)
IN_ORDER = NegativeMiner(LABELS, pool=60, count=5)


def sampler(batch: int = 4, drop_last: bool = False) -> TupleSampler:
    miner = NegativeMiner(LABELS, pool=60, count=5, seed=3)
    return TupleSampler(miner, reader(QUERIES), reader(DATABASE), batch, drop_last=drop_last)


def tuples_of(batch: TupleBatch) -> list[tuple[int, int, tuple[int, ...]]]:
    """(query, positive, negatives) as images of the joint list."""
    images = np.array(batch.images)
    return [
        (int(images[q]), int(images[p]), tuple(images[n[c]].tolist()))
        for q, p, n, c in zip(batch.query, batch.positive, batch.negatives, batch.mask, strict=True)
    ]


def everything(batches: Sequence[TupleBatch]) -> list[list[tuple[int, int, tuple[int, ...]]]]:
    return [tuples_of(batch) for batch in batches]


def test_an_epoch_holds_every_query_with_a_positive_once() -> None:
    batches = list(sampler().epoch(0))
    assert len(batches) == sampler().steps == -(-len(LABELS.with_positives) // 4)
    asked = [query - 300 for batch in batches for query, _, _ in tuples_of(batch)]
    assert sorted(asked) == LABELS.with_positives.tolist() != asked
    assert asked == sampler().order(0).tolist() != sampler().order(1).tolist()
    assert len(LABELS.with_positives) < 40
    for batch in batches:
        assert len(set(batch.images)) == len(batch.images)
        assert {i for t in tuples_of(batch) for i in (t[0], t[1], *t[2])} == set(batch.images)
        for query, positive, negatives in tuples_of(batch):
            near = squared(QUERIES[query - 300], DATABASE)
            assert positive == min(LABELS.positives[query - 300], key=lambda row: near[row])
            assert len(negatives) == 5
            assert not set(negatives) & set(LABELS.close[query - 300].tolist())
            assert np.all(np.diff(near[list(negatives)]) > 0)


def test_the_last_batch_is_kept_or_dropped() -> None:
    count = len(LABELS.with_positives)
    size = next(size for size in range(3, 20) if count % size)
    kept, dropped = (list(sampler(size, drop_last=drop).epoch(0)) for drop in (False, True))
    assert len(kept[-1]) == count % size
    assert everything(dropped) == everything(kept)[:-1]
    assert sampler(size, drop_last=True).steps == count // size


@pytest.mark.parametrize("stop", [0, 1, 5])
def test_a_resumed_epoch_goes_on_with_the_same_batches(stop: int) -> None:
    whole = sampler()
    expected = everything([*whole.epoch(0), *whole.epoch(1)])[stop:]
    first = sampler()
    batches = first.epoch(0)
    for _ in range(stop):
        next(batches)
    second = sampler()
    second.miner.remember(first.miner.remembered)
    second.position = first.position
    assert second.position == (0, stop)
    rest = list(second.epoch(*second.position))
    assert second.position == (1, 0)
    assert everything([*rest, *second.epoch(1)]) == expected
    assert everything(list(sampler().epoch(1))) != everything(list(whole.epoch(1)))  # nothing remembered


def test_a_refresh_within_an_epoch_takes_effect_at_the_next_batch() -> None:
    current = {"database": DATABASE}
    miner = NegativeMiner(LABELS, "full", count=5)
    lazy = TupleSampler(miner, reader(QUERIES), lambda rows: current["database"][rows])
    other = unit_rows(300, seed=8)
    batches = lazy.epoch(0)
    first = next(batches)
    current["database"] = other
    second = next(batches)
    old = everything(list(TupleSampler(miner, reader(QUERIES), reader(DATABASE)).epoch(0)))
    new = everything(list(TupleSampler(miner, reader(QUERIES), reader(other)).epoch(0)))
    assert tuples_of(first) == old[0] != new[0]
    assert tuples_of(second) == new[1] != old[1]


def test_in_one_list_a_query_and_a_database_row_are_one_image() -> None:
    labels, vectors = list_labels(), unit_rows(240)
    one = TupleSampler(NegativeMiner(labels), reader(vectors), reader(vectors), batch=16)
    batches = list(one.epoch(0))
    assert sorted(q for b in batches for q, _, _ in tuples_of(b)) == labels.with_positives.tolist()
    for batch in batches:
        assert max(batch.images) < 240
        for query, positive, negatives in tuples_of(batch):
            assert positive in labels.positives[query]
            assert len(negatives) == 10
            assert not set(negatives) & set(labels.close[query].tolist())


def test_only_violating_negatives_count_with_a_margin() -> None:
    every = LABELS.with_positives
    margin = 0.3
    plain = mine_tuples(NegativeMiner(LABELS, "full"), 0, every, reader(QUERIES), reader(DATABASE))
    cut = mine_tuples(NegativeMiner(LABELS, "full"), 0, every, reader(QUERIES), reader(DATABASE), margin)
    assert plain.mask.all()
    assert 0.1 < cut.mask.mean() < 0.95
    for i, query in enumerate(every.tolist()):
        near = squared(QUERIES[query], DATABASE)
        limit = near[cut.positives[i]] + margin
        assert cut.mask[i].tolist() == [bool(near[row] < limit) for row in cut.negatives[i]]
        assert plain.squared_positive[i] == pytest.approx(near[plain.positives[i]], rel=1e-5)
    batch = tuple_batch(cut, LABELS)
    needed = {*cut.positives.tolist(), *(every + 300).tolist(), *cut.negatives[cut.mask].tolist()}
    assert set(batch.images) == needed
    assert np.array_equal(np.array(batch.images)[batch.negatives[cut.mask]], cut.negatives[cut.mask])
    assert (batch.negatives == batch.query[:, None])[~cut.mask].all()


def test_too_few_negatives_are_padded_and_unreadable_photos_fall_out() -> None:
    close = [np.arange(5), np.array([0, 2])]
    labels = WeakLabels(7, [np.array([0, 1]), np.array([2])], close)
    vectors = unit_rows(9)
    mined = mine_tuples(NegativeMiner(labels), 0, np.arange(2), reader(vectors[7:]), reader(vectors[:7]))
    assert mined.mask.sum(axis=1).tolist() == [2, 5]
    batch = tuple_batch(mined, labels)
    assert batch.images == list(set(range(9)) - {0, 1} | set(mined.positives.tolist()))
    assert batch.negatives.shape == (2, 10)
    holes = vectors.copy()
    holes[[2, 6]] = np.nan
    left = mine_tuples(NegativeMiner(labels), 0, np.arange(2), reader(holes[7:]), reader(holes[:7]))
    assert left.queries.tolist() == [0]
    assert left.negatives[left.mask].tolist() == [5]
    none = mine_tuples(NegativeMiner(labels), 0, np.arange(0), reader(vectors[7:]), reader(vectors[:7]))
    assert len(tuple_batch(none, labels)) == len(tuple_batch(none, labels).images) == 0


def test_random_tuples_need_no_vectors() -> None:
    blind = TupleSampler(NegativeMiner(LABELS, "random"))
    batches = everything(list(blind.epoch(0)))
    assert batches == everything(list(blind.epoch(0))) != everything(list(blind.epoch(1)))
    for query, positive, negatives in (t for batch in batches for t in batch):
        assert positive in LABELS.positives[query - 300]
        assert len(set(negatives) - set(LABELS.close[query - 300].tolist())) == 10
    assert np.isnan([blind.statistics.violating, blind.statistics.hard]).all()
    assert blind.statistics.tuples == len(LABELS.with_positives)
    with pytest.raises(ValueError, match="random negatives"):
        mine_tuples(NegativeMiner(LABELS, "random"), 0, np.arange(2), violating_margin=0.1)
    with pytest.raises(ValueError, match="current vectors"):
        mine_tuples(NegativeMiner(LABELS), 0, np.arange(2))


def test_statistics_are_those_of_a_loop_and_add_up() -> None:
    margin, one = 0.3, sampler()
    one.violating_margin = margin
    batches = list(one.epoch(0))
    d_p, d_n, hard = [], [], []
    full = everything(list(sampler().epoch(0)))
    for query, positive, negatives in (t for batch in full for t in batch):
        near = squared(QUERIES[query - 300], DATABASE)
        d_p.append(near[positive])
        d_n.append(near[list(negatives)])
        hard.append(bool((d_n[-1] < d_p[-1] + margin).any()))
    found = one.statistics
    assert found.tuples == len(d_p)
    assert found.negatives == 5 * len(d_p)
    assert found.hard == pytest.approx(np.mean(hard))
    assert found.violating == pytest.approx(np.mean(np.array(d_n) < np.array(d_p)[:, None] + margin))
    assert found.positive_distance == pytest.approx(np.mean(np.sqrt(d_p)), rel=1e-5)
    assert found.negative_distance == pytest.approx(np.mean(np.sqrt(d_n)), rel=1e-5)
    assert sum(int(batch.mask.sum()) for batch in batches) == round(found.violating * found.negatives)
    assert found + MiningStatistics() == found
    both = MiningStatistics(1, 10, 0.2, 1.0, 0.5, 1.0) + MiningStatistics(3, 5, 0.8, 0.0, 0.7, 0.4)
    assert dataclasses.astuple(both) == pytest.approx((4, 15, 0.4, 0.25, 0.65, 0.8))
    next(one.epoch(1))
    assert one.statistics.tuples == 4
    nothing = mine_tuples(IN_ORDER, 0, np.arange(0), reader(QUERIES), reader(DATABASE))
    assert mining_statistics(nothing).tuples == 0
    assert np.isnan(mining_statistics(nothing).hard)


def test_the_refresh_interval_grows_with_each_drop_of_the_learning_rate() -> None:
    schedule = RefreshSchedule()
    assert [schedule.interval(drops) for drops in range(4)] == [1000, 2000, 4000, 8000]
    assert [schedule.due(n, drops) for n, drops in ((999, 0), (1000, 0), (1999, 1), (2000, 1))] == [
        False,
        True,
        False,
        True,
    ]
    assert schedule.due(1, 3, epoch_ended=True)
    assert not schedule.due(0, epoch_ended=True)
    assert RefreshSchedule(100, 1.5).interval(2) == 225
    with pytest.raises(ValueError, match="growing"):
        RefreshSchedule(growth=0.5)
    with pytest.raises(ValueError, match="every 0"):
        RefreshSchedule(0)


def test_what_a_seed_orders_stays_the_same() -> None:
    stream = np.random.default_rng(np.random.SeedSequence([3, 1], spawn_key=(2,)))
    assert sampler().order(1).tolist() == stream.permutation(LABELS.with_positives).tolist()


def test_a_schedule_looks_at_the_first_interval_where_no_drop_is_named() -> None:
    assert RefreshSchedule(10).due(10)
    assert RefreshSchedule(1, 1.0).interval(5) == 1
    fresh = sampler()
    assert fresh.position == (0, 0)
    assert fresh.statistics == MiningStatistics()


def test_a_tuple_is_hard_where_any_of_its_negatives_violates_the_margin() -> None:
    near, none = np.array([0.1, 0.4, 0.3], np.float32), np.full((3, 2), -1, np.int64)
    far = np.array([[0.15, 0.3], [0.6, 0.7], [0.35, 0.9]], np.float32)
    rows = np.arange(3)
    every = np.ones((3, 2), bool)
    found = mining_statistics(MinedTuples(rows, rows, none, every, every, near, far), 0.1)
    assert (found.tuples, found.negatives) == (3, 6)
    assert found.violating == pytest.approx(2 / 6)
    assert found.hard == pytest.approx(2 / 3)


def test_row_0_of_the_database_is_a_positive_like_any_other() -> None:
    labels = WeakLabels(30, [np.array([0]), np.zeros(0, np.int64), np.array([1])], [np.arange(3)] * 3)
    mined = mine_tuples(NegativeMiner(labels, "random"), 0, np.arange(3))
    assert (mined.queries.tolist(), mined.positives.tolist()) == ([0, 2], [0, 1])
