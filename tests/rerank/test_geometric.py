import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placeprint.features import LocalFeatures
from placeprint.rerank import RerankSettings, fused_cost, rerank_by_geometry

SIZE = (480, 480)


def photo(rng, shared=None, shift=0.0):
    """A photo of its own 200 features, or with those of `shared` moved as a camera step would."""
    xy = rng.uniform(0, 480, (200, 2)).astype(np.float32)
    descriptors = rng.integers(0, 90, (200, 128)).astype(np.uint8)
    if shared is not None:
        xy[:100] = shared.xy[:100] * np.float32(1 - shift / 400) + np.float32(shift)
        descriptors[:100] = shared.descriptors[:100]
    ones = np.ones(200, np.float32)
    return LocalFeatures(xy, ones, ones, ones, descriptors, SIZE)


@pytest.fixture(scope="module")
def scene():
    rng = np.random.default_rng(0)
    query = photo(rng)
    candidates = [photo(rng) for _ in range(12)]
    candidates[6] = photo(rng, query, 12.0)
    return query, candidates, np.linspace(0.8, 1.0, 12)


def test_the_same_scene_comes_first_and_nothing_is_lost(scene):
    query, candidates, distances = scene
    order, found = rerank_by_geometry(query, candidates, distances)
    assert order[0] == 6
    assert sorted(order.tolist()) == list(range(12))
    assert order[1:].tolist() == [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11]
    assert found[6].inliers >= 90
    assert len(found) == 12


def test_search_stops_after_the_chunk_with_decisive_evidence(scene):
    query, candidates, distances = scene
    _, found = rerank_by_geometry(query, candidates, distances)
    assert [v is not None for v in found] == [True] * 8 + [False] * 4
    _, found = rerank_by_geometry(query, candidates, distances, RerankSettings(decisive=10**6))
    assert all(v is not None for v in found)


def test_candidates_are_loaded_only_when_their_turn_comes(scene):
    query, candidates, distances = scene
    loaded = []

    def loader(i):
        return lambda: (loaded.append(i), candidates[i])[1]

    order, _ = rerank_by_geometry(query, [loader(i) for i in range(12)], distances, workers=1)
    assert loaded == list(range(8))
    eager, _ = rerank_by_geometry(query, candidates, distances)
    assert order.tolist() == eager.tolist()


def test_distances_may_come_in_any_order(scene):
    query, candidates, distances = scene
    shuffle = np.random.default_rng(3).permutation(12)
    order, found = rerank_by_geometry(query, [candidates[i] for i in shuffle], distances[shuffle])
    straight, _ = rerank_by_geometry(query, candidates, distances)
    assert shuffle[order].tolist() == straight.tolist()
    assert sorted(shuffle[[v is not None for v in found]].tolist()) == list(range(8))  # nearest first


def test_threads_change_nothing(scene):
    query, candidates, distances = scene
    orders, masks = [], []
    for workers in (1, 3, 3):
        order, found = rerank_by_geometry(query, candidates, distances, workers=workers)
        orders.append(order.tolist())
        masks.append([None if v is None else (v.inlier_mask.tolist(), v.score) for v in found])
    assert orders[0] == orders[1] == orders[2]
    assert masks[0] == masks[1] == masks[2]


def test_without_evidence_the_descriptor_decides():
    rng = np.random.default_rng(1)
    candidates = [photo(rng) for _ in range(5)]
    order, found = rerank_by_geometry(photo(rng), candidates, np.array([0.5, 0.3, 0.4, 0.3, 0.9]))
    assert [v.inliers for v in found] == [0] * 5
    assert order.tolist() == [1, 3, 2, 0, 4]


def test_empty_and_wrong_input():
    query = photo(np.random.default_rng(2))
    order, found = rerank_by_geometry(query, [], np.zeros(0))
    assert order.shape == (0,)
    assert found == []
    with pytest.raises(ValueError, match="1 candidates"):
        rerank_by_geometry(query, [query], np.zeros(2))


def test_fused_cost_closed_form():
    cost = fused_cost(np.array([0.5, 1.0, 0.5]), np.array([0.0, 100.0, 25.0]), 0.1)
    assert cost == pytest.approx([1.0, 2.0 - 1.0, 1.0 - 0.5])
    # The query itself in the map: distance 0 beats any evidence for another photo.
    assert fused_cost(np.array([0.0, 0.1]), np.array([0.0, 900.0]), 0.1).argmin() == 0


@given(st.lists(st.floats(0.01, 2.0), min_size=2, max_size=9), st.floats(0.1, 10.0), st.integers(0, 99))
def test_fused_cost_does_not_depend_on_the_unit_of_distance(distances, unit, seed):
    scores = np.random.default_rng(seed).uniform(0, 80, len(distances))
    d = np.array(distances)
    assert fused_cost(d * unit, scores, 0.1) == pytest.approx(fused_cost(d, scores, 0.1))
