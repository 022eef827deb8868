"""k-reciprocal re-ranking as a stage of a pipeline."""

import numpy as np
import pytest

from placeprint.arrays import unit_rows
from placeprint.errors import PlaceprintError
from placeprint.rerank import RERANKERS, Candidates
from placeprint.rerank.k_reciprocal import KReciprocalReranker, k_reciprocal_rerank
from placeprint.rerank.k_reciprocal_presets import PRESETS


class Vectors:
    def __init__(self, rows):
        self.rows = rows

    def value(self, column, id):
        assert column == "vector"
        return self.rows[id]


@pytest.mark.parametrize("preset", PRESETS)
def test_it_orders_the_head_by_the_distances_of_the_function(preset):
    rows = unit_rows(np.random.default_rng(0).normal(size=(60, 16)).astype(np.float32))
    query, ids = rows[0], np.random.default_rng(1).permutation(np.arange(1, 60))[:40]
    found = Candidates(ids, np.zeros(40), {"distance": np.zeros(40)})
    stage = KReciprocalReranker(25, preset)
    assert RERANKERS.make(stage.spec) == stage
    after = stage.rerank({"vector": query}, found, Vectors(rows))
    expected = k_reciprocal_rerank(query[None], rows[ids[:25]], PRESETS[preset])[0].astype(np.float64)
    order = np.argsort(expected, kind="stable")
    assert after.ids.tolist() == [*ids[:25][order], *ids[25:]]
    np.testing.assert_array_equal(after.scores[:25], -expected[order])
    assert after.evidence["k_reciprocal"][:25] == tuple(expected[order])


def test_an_unknown_preset_is_refused():
    with pytest.raises(PlaceprintError, match="none of paper, zhong-code, openibl"):
        RERANKERS.make("k-reciprocal:10,preset=mine")


def test_nothing_stays_nothing():
    nothing = Candidates(np.zeros(0, np.int64), np.zeros(0))
    assert KReciprocalReranker().rerank({"vector": np.ones(3)}, nothing, Vectors([])) is nothing
