"""Holding out by hand: which photos of the map a photo is located without."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from placeprint.placemap.calibration.holding_out import HELD_OUT, hold_out
from placeprint.rerank import Candidates

EAST = np.array([0.0, 0.0, 20.0, 20.0, 60.0, 240.0, 260.0, 400.0])
SPOTS = np.array([0, 0, 1, 1, 2, 3, 3, 4])
"""Photos 5 and 6 are of one panorama, though 20 m apart."""


class Recording:
    """A map along a street whose photos look the more alike the nearer they are; keeps what was allowed."""

    def __init__(self) -> None:
        self.meters = np.stack([EAST, np.zeros(len(EAST))], 1)
        self.spots, self.bandwidth, self.background = SPOTS, 5.0, None
        self.vectors = np.eye(len(EAST), dtype=np.float32)
        self.asked: list[tuple[int, list[int]]] = []
        self.reranked = 0
        self.pipeline = SimpleNamespace(retriever=self, rerank=self.rerank)

    def __len__(self) -> int:
        return len(EAST)

    def represent(self, row: int) -> dict[str, Any]:
        return {"vector": row}

    def duplicates(self, row: int) -> np.ndarray:
        return np.arange(len(EAST)) == row

    def rows(self, ids: np.ndarray) -> np.ndarray:
        return ids - 100

    def retrieve(self, queries: Any, k: int, allowed: np.ndarray) -> list[Candidates]:
        (query,) = queries
        rows = np.flatnonzero(allowed)
        self.asked.append((query["vector"], rows.tolist()))
        squared = 1.0 - np.exp(-np.abs(EAST[rows] - EAST[query["vector"]]) / 100.0)
        order = np.argsort(squared, kind="stable")
        return [Candidates(rows[order] + 100, -squared[order], {"squared_distance": squared[order]})]

    def rerank(self, query: Any, candidates: Candidates, references: Any) -> Candidates:
        self.reranked += 1
        return candidates


def test_a_photo_is_located_without_its_panorama_and_then_without_its_neighborhood() -> None:
    street = Recording()
    cues, errors, in_map = hold_out(street, "descriptor", quiet=True)  # type: ignore[arg-type]
    assert sorted({row for row, _ in street.asked}) == list(range(len(EAST)))
    for (row, allowed), first in zip(street.asked, [True, False] * len(EAST), strict=True):
        distance = np.abs(EAST - EAST[row])
        if first:
            assert allowed == [i for i in range(len(EAST)) if SPOTS[i] != SPOTS[row]]
        else:
            away = min(max(float(np.median(distance)), 25.0), 100.0)
            assert allowed == [i for i in range(len(EAST)) if distance[i] > away]
    assert len(in_map) == len(street.asked) == 2 * len(EAST)
    nearest = [min(abs(EAST[i] - EAST[row]) for i in allowed) for row, allowed in street.asked]
    np.testing.assert_allclose(errors, nearest, atol=0.01)
    assert errors.min() >= 19.9  # never the photo's own spot
    assert in_map.tolist() == [meters <= 25.0 for meters in nearest]  # a place is there if a photo of it is
    assert cues.shape == (len(errors), 2)
    assert street.reranked == 0


def test_verified_answers_are_reranked_and_the_seed_draws_the_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(HELD_OUT, "verified", 3)
    drawn = []
    for seed in (0, 0, 1):
        street = Recording()
        _, errors, in_map = hold_out(street, "verified", seed, quiet=True)  # type: ignore[arg-type]
        drawn.append([row for row, _ in street.asked])
        assert len(in_map) == 6
        assert street.reranked == len(errors) == 6
    assert drawn[0] == drawn[1] != drawn[2]


def test_each_photo_of_the_sample_advances_the_meter(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[object] = []

    @contextmanager
    def counting(label: str, total: int, quiet: bool) -> Iterator[Callable[[], None]]:
        said.extend([label, total, quiet])
        yield lambda: said.append(1)

    monkeypatch.setitem(hold_out.__globals__, "meter", counting)
    hold_out(Recording(), "descriptor")  # type: ignore[arg-type]
    assert said == ["calibrating (descriptor)", len(EAST), False, *[1] * len(EAST)]


def test_where_nothing_is_left_there_is_no_answer() -> None:
    street = Recording()
    street.spots = np.zeros(len(EAST), np.int64)
    _, _, in_map = hold_out(street, "descriptor", quiet=True)  # type: ignore[arg-type]
    assert len(in_map) == len(EAST)
    assert not in_map.any()
