import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placeprint.features import LocalFeatures
from placeprint.parallel import bounded_map
from placeprint.rerank import RERANKERS, Candidates, Geometry, fused_cost

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


class Stored:
    """Local features by id, which says what was asked for."""

    def __init__(self, features):
        self.features, self.asked = features, []

    def value(self, column, id):
        assert column == "local"
        self.asked.append(id)
        return self.features[id]


def rerank(query, stored, distances, geometry=None):
    """(order of the places, verifications in the order given, the candidates)."""
    distances = np.asarray(distances)
    found = Candidates(np.arange(len(stored)), -distances, {"distance": distances})
    found = (geometry or Geometry()).rerank({"local": query}, found, Stored(stored))
    by_id = {c.id: c.evidence["verification"] for c in found}
    return found.ids, [by_id[i] for i in range(len(stored))], found


def test_the_same_scene_comes_first_and_nothing_is_lost(scene):
    query, stored, distances = scene
    order, found, candidates = rerank(query, stored, distances)
    assert order[0] == 6
    assert sorted(order.tolist()) == list(range(12))
    assert order[1:].tolist() == [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11]
    assert found[6].inliers >= 90
    assert candidates.confidence == pytest.approx(found[6].score - distances[6])
    np.testing.assert_array_equal(candidates.evidence["distance"], distances[order])
    assert (np.diff(candidates.scores) <= 0).all()


def test_search_stops_after_the_chunk_with_decisive_evidence(scene):
    _, found, _ = rerank(*scene)
    assert [v is not None for v in found] == [True] * 8 + [False] * 4
    _, found, _ = rerank(*scene, Geometry(decisive=10**6))
    assert all(v is not None for v in found)


def test_candidates_are_loaded_only_when_their_turn_comes(scene):
    query, stored, distances = scene
    asked = Stored(stored)
    Geometry().rerank({"local": query}, Candidates(np.arange(12), -distances, {"distance": distances}), asked)
    assert sorted(asked.asked) == list(range(8))


def test_those_behind_the_depth_keep_their_places_unverified(scene):
    query, stored, distances = scene
    order, found, candidates = rerank(query, stored, distances, Geometry(depth=5))
    assert order.tolist() == list(range(12))
    assert [v is not None for v in found] == [True] * 5 + [False] * 7
    assert np.isneginf(candidates.scores[5:]).all()
    order, *_ = rerank(query, stored, distances, Geometry(depth=7))
    assert order.tolist() == [6, 0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11]


def test_distances_may_come_in_any_order(scene):
    query, stored, distances = scene
    shuffle = np.random.default_rng(3).permutation(12)
    order, found, _ = rerank(query, [stored[i] for i in shuffle], distances[shuffle])
    straight, *_ = rerank(query, stored, distances)
    assert shuffle[order].tolist() == straight.tolist()
    assert sorted(shuffle[[v is not None for v in found]].tolist()) == list(range(8))  # nearest first


def test_threads_change_nothing(scene):
    def told(_):
        order, found, _ = rerank(*scene)
        return order.tolist(), [None if v is None else (v.inlier_mask.tolist(), v.score) for v in found]

    alone = told(0)  # on kept threads
    assert all(other == alone for other in bounded_map(told, range(6), 3))  # each on its own


def test_without_evidence_the_descriptor_decides():
    rng = np.random.default_rng(1)
    stored = [photo(rng) for _ in range(5)]
    order, found, _ = rerank(photo(rng), stored, [0.5, 0.3, 0.4, 0.3, 0.9])
    assert [v.inliers for v in found] == [0] * 5
    assert order.tolist() == [1, 3, 2, 0, 4]


def test_nothing_stays_nothing():
    order, found, candidates = rerank(photo(np.random.default_rng(2)), [], [])
    assert (len(order), found, len(candidates)) == (0, [], 0)


@pytest.mark.parametrize(
    ("geometry", "spec"),
    [(Geometry(), "geometry:30"), (Geometry(20, 0.25, 12), "geometry:20,weight=0.25,decisive=12")],
)
def test_its_text_makes_it_again(geometry, spec):
    assert geometry.spec == spec
    assert RERANKERS.make(spec) == geometry


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


def test_what_was_not_verified_has_no_evidence_for_it():
    rng = np.random.default_rng(0)
    query = photo(rng)
    stored = [photo(rng, query, 12.0), *(photo(rng) for _ in range(7))]
    distances = np.linspace(0.8, 1.0, 8)
    _, found, candidates = rerank(query, stored, distances)
    scores = np.array([0.0 if v is None else v.score for v in found])
    assert [v is None for v in found] == [False] * 4 + [True] * 4
    np.testing.assert_allclose(np.sort(-candidates.scores), np.sort(fused_cost(distances, scores, 0.1)))
