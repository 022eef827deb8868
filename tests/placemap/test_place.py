import json
import math
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from placeprint.geo import GeoPoint
from placeprint.placemap.place import Correspondences, Match, NoMatch, Place, Reason

HERE = GeoPoint(52.2053, 0.1218)
EVIDENCE = SimpleNamespace(
    inliers=np.int64(31),
    matches=np.zeros((60, 2)),
    model="homography",
    spread=np.float32(0.5),
    score=math.inf,
)
MATCH = Match(np.int64(7), "a.jpg", HERE, 0.25, math.nan, 31, cast(Any, EVIDENCE))  # type: ignore[arg-type]


def test_a_place_is_the_documented_json() -> None:
    place = Place(HERE, 3, 9, 0.9, (MATCH, Match(8, "b.jpg", HERE, 0.5, 90.0)), True, "q.jpg")
    told = json.loads(json.dumps(place.to_dict(), allow_nan=False))
    position = {"lat": 52.2053, "lon": 0.1218}
    evidence = {"model": "homography", "inliers": 31, "correspondences": 60, "spread": 0.5, "score": None}
    assert told == {
        "status": "place",
        "query": "q.jpg",
        "position": position,
        "radii": {"50": 3.0, "90": 9.0},
        "confidence": 0.9,
        "verified": True,
        "reason": None,
        "orientation": "as it is",
        "in_map": None,
        "matches": [
            {
                "rank": 1, "id": 7, "path": "a.jpg", "position": position, "heading": None,
                "distance": 0.25, "inliers": 31, "evidence": evidence,
            },
            {
                "rank": 2, "id": 8, "path": "b.jpg", "position": position, "heading": 90.0,
                "distance": 0.5, "inliers": None, "evidence": None,
            },
        ],
    }  # fmt: skip


def test_no_match_has_the_same_keys() -> None:
    told = json.loads(json.dumps(NoMatch(Reason.SCATTERED, 0.2, (MATCH,)).to_dict(), allow_nan=False))
    assert set(told) == set(Place(HERE, 1, 2, 0.5).to_dict())
    assert (told["status"], told["position"], told["radii"], told["query"]) == ("no match", None, None, None)
    assert told["reason"] == Reason.SCATTERED
    assert [m["rank"] for m in told["matches"]] == [1]


@pytest.mark.parametrize(
    ("inner", "outer", "confidence"),
    [(3, 2, 0.5), (-1, 2, 0.5), (1, math.inf, 0.5), (math.nan, 2, 0.5), (1, 2, 1.01), (1, 2, math.nan)],
)
def test_impossible_numbers_are_refused(inner: float, outer: float, confidence: float) -> None:
    with pytest.raises(ValueError, match=r"radii|confidence"):
        Place(HERE, inner, outer, confidence)


def test_correspondences_have_one_length() -> None:
    xy = np.zeros((3, 2), np.float32)
    assert len(Correspondences(xy, xy, np.ones(3, bool), (4, 4), (4, 4))) == 3
    with pytest.raises(ValueError, match="shapes"):
        Correspondences(xy, xy[:2], np.ones(3, bool), (4, 4), (4, 4))


def test_matches_compare_without_their_arrays() -> None:
    assert Match(1, "a", HERE, 0.1, verification=cast(Any, EVIDENCE)) == Match(1, "a", HERE, 0.1)


def test_numbers_at_their_limits_are_possible() -> None:
    place = Place(HERE, 0, 0, 1.0)
    assert place.to_dict()["radii"] == {"50": 0.0, "90": 0.0}
    assert Place(HERE, 0.4, 0.4, 0.0).confidence == 0.0
