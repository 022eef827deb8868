"""Retrieval and re-ranking stages by hand-made indexes and stages."""

from typing import Any

import numpy as np
import pytest

from placeprint.index import ExactIndex
from placeprint.rerank import Candidates
from placeprint.retrieval import DenseRetriever, Pipeline

VECTORS = np.array([[0, 0], [3, 4], [0, 1], [6, 8]], np.float32)


def index(count: int = 4) -> ExactIndex:
    made = ExactIndex(2)
    if count:
        made.add(np.arange(10, 10 + count), VECTORS[:count])
    return made


def test_candidates_are_the_nearest_with_their_distances() -> None:
    first, second = DenseRetriever(index()).retrieve([{"vector": VECTORS[0]}, {"vector": VECTORS[3]}], 3)
    assert first.ids.tolist() == [10, 12, 11]
    np.testing.assert_allclose(first.evidence["squared_distance"], [0, 1, 25])
    np.testing.assert_allclose(first.evidence["distance"], [0, 1, 5])
    np.testing.assert_allclose(first.scores, [0, -1, -5])
    assert second.ids.tolist() == [13, 11, 12]
    np.testing.assert_allclose(second.evidence["distance"], [0, 5, np.sqrt(36 + 49)])


def test_id_zero_is_an_id_and_missing_ones_are_left_out() -> None:
    small = ExactIndex(2)
    small.add(np.array([0, 1]), VECTORS[:2])
    (found,) = DenseRetriever(small).retrieve([{"vector": VECTORS[0]}], 5)
    assert found.ids.tolist() == [0, 1]


def test_only_what_is_allowed_is_found_in_the_column_asked_for() -> None:
    retriever = DenseRetriever(index(), "other")
    assert retriever.needs == {"other"}
    query = {"vector": VECTORS[3], "other": VECTORS[0]}
    assert retriever.retrieve([query], 3, np.array([13, 11]))[0].ids.tolist() == [11, 13]
    assert retriever.retrieve([query], 3, np.array([False, True, False, False]))[0].ids.tolist() == [11]


def test_an_empty_index_and_no_queries_give_nothing() -> None:
    (found,) = DenseRetriever(index(0)).retrieve([{"vector": VECTORS[0]}], 3)
    assert len(found) == 0
    assert set(found.evidence) == {"squared_distance", "distance"}
    assert DenseRetriever(index()).retrieve([], 3) == []


class Reversing:
    """Puts the first `depth` into reverse order."""

    needs: frozenset[str] = frozenset()

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.spec = f"reversing:{depth}"

    def rerank(self, query: Any, candidates: Candidates, references: Any) -> Candidates:
        order = np.arange(len(candidates))[: self.depth][::-1]
        return candidates.reordered(order, np.arange(len(order), 0.0, -1.0))


@pytest.mark.parametrize(
    ("depths", "expected"), [((), [10, 12, 11, 13]), ((3,), [11, 12, 10, 13]), ((3, 2), [12, 11, 10, 13])]
)
def test_stages_follow_one_another(depths: tuple[int, ...], expected: list[int]) -> None:
    stages: Any = tuple(Reversing(depth) for depth in depths)
    pipeline = Pipeline(DenseRetriever(index()), stages)
    none: Any = None
    found = pipeline.search({"vector": VECTORS[0]}, none, 4)
    assert found.ids.tolist() == expected
    assert pipeline.depth == max(depths, default=0)
    assert pipeline.search({"vector": VECTORS[0]}, none, 4, np.array([11])).ids.tolist() == [11]
