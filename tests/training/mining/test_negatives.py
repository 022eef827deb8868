"""Positives and negatives against loops over all distances in double precision."""

import tracemalloc

import numpy as np
import pytest
from mining_cases import list_labels, reader, sorted_by_distance, squared, town_labels, unit_rows

from placeprint.errors import PlaceprintError
from placeprint.training.mining import exhaustive, nearest_among
from placeprint.training.mining.labels.positives import best_positives, random_positives
from placeprint.training.mining.labels.weak_labels import WeakLabels
from placeprint.training.mining.negatives import NegativeMiner, random_negatives

DATABASE, QUERIES = unit_rows(300, seed=1), unit_rows(40, seed=2)
EVERY = np.arange(40)


def negatives_of(labels: WeakLabels, query: int) -> np.ndarray:
    barred = {*labels.close[query].tolist(), *labels.left_out.tolist()}
    return np.array([row for row in range(labels.database_size) if row not in barred], np.int64)


def test_the_best_positive_is_the_nearest_by_descriptor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest_among, "FLOATS", 3 * 16)
    labels = town_labels()
    rows, distances = best_positives(labels, EVERY, QUERIES, reader(DATABASE))
    for query in EVERY.tolist():
        expected = sorted_by_distance(QUERIES[query], DATABASE, labels.positives[query])
        assert rows[query] == (expected[0] if expected else -1)
        if expected:
            assert distances[query] == pytest.approx(squared(QUERIES[query], DATABASE)[rows[query]], rel=1e-5)
    assert np.array_equal(np.isnan(distances), rows < 0)
    assert (rows < 0).any()


def test_equal_vectors_are_taken_by_row_and_missing_ones_never() -> None:
    same = np.tile(unit_rows(1), (300, 1))
    labels = town_labels()
    rows, _ = best_positives(labels, EVERY, QUERIES, reader(same))
    assert all(rows[q] == min(labels.positives[q]) for q in labels.with_positives)
    for mode, pool in (("partial", 1000), ("full", 0)):
        found = NegativeMiner(labels, mode, pool=pool).mine(0, EVERY, QUERIES, reader(same)).rows  # type: ignore[arg-type]
        assert all(found[q].tolist() == negatives_of(labels, q)[:10].tolist() for q in EVERY)
    holes = DATABASE.copy()
    holes[::2] = np.nan
    blind = QUERIES.copy()
    blind[3] = np.nan
    few = np.full_like(DATABASE, np.nan)
    few[[8, 99, 200]] = DATABASE[[8, 99, 200]]
    for mode in ("partial", "full"):
        miner = NegativeMiner(labels, mode)  # type: ignore[arg-type]
        miner.mine(0, EVERY, QUERIES, reader(DATABASE))
        mined = miner.mine(1, EVERY, QUERIES, reader(few))
        for query in EVERY.tolist():
            there = set(mined.rows[query].tolist()) - {-1}
            assert there == {8, 99, 200} - set(labels.close[query].tolist())
            remembered = miner.remembered[query]
            assert set(remembered[remembered >= 0].tolist()) == (there if mode == "partial" else set())
        mined = NegativeMiner(labels, mode).mine(0, EVERY, blind, reader(holes))  # type: ignore[arg-type]
        assert (mined.rows[3] == -1).all()
        assert np.isnan(mined.squared[3]).all()
        assert (np.delete(mined.rows, 3, 0) % 2 == 1).all()
    assert best_positives(labels, EVERY, blind, reader(holes))[0][3] == -1


@pytest.mark.parametrize("block", [1, 7, 100, 10_000])
def test_full_mining_is_exact(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exhaustive, "FLOATS", block * 16)
    labels = town_labels().leaving_out(np.array([5, 6, 7]))
    queries = np.array([7, 0, 31])
    mined = NegativeMiner(labels, "full", count=12).mine(0, queries, QUERIES[queries], reader(DATABASE))
    for i, query in enumerate(queries.tolist()):
        expected = sorted_by_distance(QUERIES[query], DATABASE, negatives_of(labels, query))[:12]
        assert mined.rows[i].tolist() == expected
        np.testing.assert_allclose(mined.squared[i], squared(QUERIES[query], DATABASE)[expected], rtol=1e-5)


def test_partial_mining_takes_the_nearest_of_the_drawn_and_the_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(nearest_among, "FLOATS", 7 * 16)
    labels = town_labels()
    miner = NegativeMiner(labels, count=4, pool=20, remembered=6, seed=9)
    remembered: dict[int, list[int]] = {}
    for epoch in range(4):
        moved = unit_rows(300, seed=epoch)
        mined = miner.mine(epoch, EVERY, QUERIES, reader(moved))
        for query in EVERY.tolist():
            rng = np.random.default_rng(np.random.SeedSequence([9, epoch, query]))
            drawn = random_negatives(labels, query, 20, rng).tolist()
            pool = np.array(sorted({*drawn, *remembered.get(query, [])}))
            expected = sorted_by_distance(QUERIES[query], moved, pool)
            assert mined.rows[query].tolist() == expected[:4]
            remembered[query] = expected[:6]
            assert miner.remembered[query].tolist() == expected[:6]


def test_over_the_epochs_partial_mining_comes_near_to_full_mining() -> None:
    labels = town_labels()
    full = NegativeMiner(labels, "full").mine(0, EVERY, QUERIES, reader(DATABASE)).rows
    miner = NegativeMiner(labels, pool=40)
    shared = []
    for epoch in range(25):
        rows = miner.mine(epoch, EVERY, QUERIES, reader(DATABASE)).rows
        shared.append(np.mean([len(np.intersect1d(a, b)) for a, b in zip(rows, full, strict=True)]))
    assert shared[0] < 3
    assert shared[-1] > 9


@pytest.mark.parametrize("mode", ["partial", "full", "random"])
def test_a_close_photo_is_never_a_negative_and_none_comes_twice(mode: str) -> None:
    labels = list_labels(120).leaving_out(np.arange(0, 120, 9))
    vectors = unit_rows(120, seed=3)
    miner = NegativeMiner(labels, mode, count=110, pool=100)  # type: ignore[arg-type]
    queries = np.arange(120)
    for epoch in range(2):
        mined = miner.mine(epoch, queries, vectors, reader(vectors))
        for query in queries.tolist():
            rows = mined.rows[query][mined.rows[query] >= 0]
            assert len(np.unique(rows)) == len(rows)
            allowed = negatives_of(labels, query)
            assert np.isin(rows, allowed).all()
            assert len(rows) == len(allowed) or (mode == "partial" and len(rows) >= 100)
        assert np.isnan(mined.squared[mined.rows < 0]).all()


def test_random_negatives_are_uniform_and_without_repetition() -> None:
    close = [np.array([0, 3, 4, 9])]
    labels = WeakLabels(12, [np.array([3])], close, left_out=np.array([11]))
    rng = np.random.default_rng(0)
    drawn = np.array([random_negatives(labels, 0, 3, rng) for _ in range(4000)])
    assert all(len(set(row)) == 3 for row in drawn.tolist())
    seen, times = np.unique(drawn, return_counts=True)
    assert seen.tolist() == [1, 2, 5, 6, 7, 8, 10]
    assert np.abs(times / 12_000 - 1 / 7).max() < 0.01
    assert sorted(random_negatives(labels, 0, 99, rng).tolist()) == seen.tolist()
    nowhere = WeakLabels(2, [np.array([0])], [np.arange(2)])
    assert len(random_negatives(nowhere, 0, 5, rng)) == 0


@pytest.mark.parametrize("mode", ["partial", "random"])
def test_what_is_mined_depends_on_seed_epoch_and_query_alone(mode: str) -> None:
    labels = town_labels()

    def mined(seed: int, epoch: int, queries: np.ndarray) -> np.ndarray:
        miner = NegativeMiner(labels, mode, pool=50, seed=seed)  # type: ignore[arg-type]
        rows = np.full((40, 10), -1)
        for some in np.array_split(queries, 3):
            rows[some] = miner.mine(epoch, some, QUERIES[some], reader(DATABASE)).rows
        return rows

    first = mined(1, 5, EVERY)
    assert np.array_equal(first, mined(1, 5, EVERY[::-1]))
    assert not np.array_equal(first, mined(2, 5, EVERY))
    assert not np.array_equal(first, mined(1, 6, EVERY))
    assert len({tuple(row) for row in first.tolist()}) == 40
    drawn = random_positives(labels, labels.with_positives, 1, 5)
    assert np.array_equal(drawn, random_positives(labels, labels.with_positives[::-1], 1, 5)[::-1])
    pairs = zip(drawn.tolist(), labels.with_positives, strict=True)
    assert all(row in labels.positives[q] for row, q in pairs)
    assert not np.array_equal(drawn, random_positives(labels, labels.with_positives, 1, 6))
    assert random_positives(labels, labels.without_positives, 1, 5).max() == -1


def test_the_order_of_queries_does_not_matter() -> None:
    labels = town_labels()
    whole, shuffled = (NegativeMiner(labels, pool=30) for _ in range(2))
    for epoch in range(3):
        whole.mine(epoch, EVERY, QUERIES, reader(DATABASE))
        order = np.random.default_rng(epoch).permutation(EVERY)
        for some in (order[:15], order[15:]):
            shuffled.mine(epoch, some, QUERIES[some], reader(DATABASE))
        np.testing.assert_array_equal(shuffled.remembered, whole.remembered)
    with pytest.raises(PlaceprintError, match="mining settings"):
        NegativeMiner(labels, remembered=3).remember(whole.remembered)
    whole.forget()
    assert (whole.remembered == -1).all()
    assert (shuffled.remembered != -1).any()


def test_remembered_ones_that_were_left_out_since_are_not_mined() -> None:
    labels = town_labels()
    old = NegativeMiner(labels, pool=300)
    hard = old.mine(0, EVERY, QUERIES, reader(DATABASE)).rows[:, 0]
    new = NegativeMiner(labels.leaving_out(hard), pool=5)
    new.remember(old.remembered)
    assert not np.isin(new.mine(1, EVERY, QUERIES, reader(DATABASE)).rows, hard).any()


def test_mining_needs_vectors_and_holds_few_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="current vectors"):
        NegativeMiner(town_labels()).mine(0, EVERY)
    monkeypatch.setattr(exhaustive, "FLOATS", 2**16)
    stored = unit_rows(8000, 256)
    nobody = [np.zeros(0, np.int64)] * 8
    labels = WeakLabels(8000, nobody, nobody)
    asked = unit_rows(8, 256, seed=5)
    for mode in ("partial", "full"):
        miner = NegativeMiner(labels, mode, pool=4000)  # type: ignore[arg-type]
        miner.mine(0, np.arange(1), asked[:1], reader(stored))
        tracemalloc.start()
        miner.mine(0, np.arange(8), asked, reader(stored))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2e6 < stored.nbytes / 3


def test_the_papers_numbers_are_the_defaults() -> None:
    """NetVLAD, appendix A: the 10 nearest of 1000 random negatives and the 10 of last time."""
    labels = WeakLabels(1200, [np.array([0])], [np.array([0])])
    miner, vectors = NegativeMiner(labels), unit_rows(1201)
    read: list[int] = []

    def counting(rows: np.ndarray) -> np.ndarray:
        read.extend(rows.tolist())
        return vectors[rows]

    assert miner.mine(0, np.array([0]), vectors[1200:], counting).rows.shape == (1, 10)
    assert miner.remembered.shape == (1, 10)
    assert len(read) == 1000


def test_what_a_seed_draws_stays_the_same() -> None:
    """So that a published recipe gives the tuples that it gave: the streams of (seed, epoch, query)."""
    labels = town_labels()
    queries = labels.with_positives
    drawn = random_positives(labels, queries, 3, 5)
    for query, row in zip(queries.tolist(), drawn.tolist(), strict=True):
        stream = np.random.default_rng(np.random.SeedSequence([3, 5, query], spawn_key=(1,)))
        assert row == stream.choice(labels.positives[query])
    mined = NegativeMiner(labels, "random", count=3, seed=3).mine(5, queries).rows
    for i, query in enumerate(queries.tolist()):
        stream = np.random.default_rng(np.random.SeedSequence([3, 5, query]))
        free = negatives_of(labels, query)
        assert mined[i].tolist() == free[stream.choice(len(free), 3, replace=False)].tolist()


def test_as_many_rows_are_read_at_a_time_as_memory_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    """`FLOATS` numbers of vectors of 16, and never less than one vector."""
    labels, sizes = WeakLabels(100, [np.arange(20)], [np.arange(20)]), []

    def read(rows: np.ndarray) -> np.ndarray:
        sizes.append(len(rows))
        return DATABASE[rows]

    for module, mine, count in (
        (exhaustive, lambda: NegativeMiner(labels, "full").mine(0, EVERY[:1], QUERIES[:1], read), 100),
        (nearest_among, lambda: best_positives(labels, EVERY[:1], QUERIES[:1], read), 20),
    ):
        for floats, step in ((7 * 16, 7), (1, 1), (10**6, count)):
            monkeypatch.setattr(module, "FLOATS", floats)
            sizes.clear()
            mine()
            assert sizes == [min(step, count - start) for start in range(0, count, step)]
