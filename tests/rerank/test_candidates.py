import json

import numpy as np
import pytest

from placeprint.rerank import Candidates


@pytest.fixture
def five():
    distance = np.array([0.1, 0.2, 0.3, 0.4, 0.5])
    return Candidates(np.array([7, 3, 9, 1, 5]), -distance, {"distance": distance, "word": list("abcde")})


def test_they_are_a_list_of_candidates(five):
    assert len(five) == 5
    assert [(c.rank, c.id, c.evidence["word"]) for c in five][:2] == [(0, 7, "a"), (1, 3, "b")]
    assert five[-1].id == 5
    with pytest.raises(IndexError):
        five[5]
    some = five[1:3]
    assert (some.ids.tolist(), some.evidence["word"]) == ([3, 9], ("b", "c"))
    assert five.confidence == -0.1
    assert some.confidence == -0.2
    assert "5, best 7" in repr(five)


def test_a_stage_reorders_the_head_and_keeps_everything_of_everyone(five):
    scores = np.array([0.5, 2.0, 1.0])
    found = five.reordered(np.array([1, 2, 0]), scores, votes=[10, 11, 12])
    assert found.ids.tolist() == [3, 9, 7, 1, 5]
    assert found.scores.tolist() == [2.0, 1.0, 0.5, -np.inf, -np.inf]
    assert found.evidence["votes"] == (11, 12, 10, None, None)
    assert found.evidence["distance"].tolist() == [0.2, 0.3, 0.1, 0.4, 0.5]
    assert found.confidence == 2.0
    assert five.reordered(np.array([0]), np.array([3.0]), 0.25).confidence == 0.25


def test_they_become_json(five):
    said = json.loads(json.dumps(five.reordered(np.array([0]), np.array([1.0]), proof=[object()]).to_dict()))
    assert said["ids"] == [7, 3, 9, 1, 5]
    assert said["scores"] == [1.0, None, None, None, None]
    assert said["evidence"]["proof"] == [None] * 5
    assert said["evidence"]["distance"][0] == 0.1


def test_nothing_is_a_list_too_and_lengths_must_agree():
    nothing = Candidates(np.zeros(0, np.int64), np.zeros(0))
    assert (len(nothing), list(nothing), nothing.confidence) == (0, [], -np.inf)
    with pytest.raises(ValueError, match="do not match"):
        Candidates(np.arange(2), np.zeros(2), {"distance": [1.0]})
