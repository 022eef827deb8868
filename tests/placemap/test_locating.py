"""Answers from hand-made candidates: their order, when they count as verified, why there is none."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from placeprint.features import LocalFeatures
from placeprint.geo import GeoPoint
from placeprint.placemap.calibration.calibration import Calibration
from placeprint.placemap.evidence import CANDIDATES, retrieve, weigh
from placeprint.placemap.locating import DECISIVE, LEAST_CONFIDENCE, PROVEN, locate
from placeprint.placemap.place import NoMatch, Orientation, Place, Reason
from placeprint.rerank import Candidates
from placeprint.verify import Verify

HERE = GeoPoint(52.2, 0.1)


class Street:
    """References at `east` meters, ids from 10 on, that answer every query by the distances `squared`.

    `inliers`: what re-ranking finds of each; None: there is no re-ranker. `sure`: the logit of the
    confidence by descriptors, and after re-ranking.
    """

    bandwidth = 10.0

    def __init__(
        self,
        east: list[float],
        squared: list[float],
        inliers: list[int | None] | None = None,
        sure: tuple[float, float] = (9.0, 9.0),
    ) -> None:
        self.meters = np.stack([np.array(east, float), np.zeros(len(east))], 1)
        self.vectors, self.background = np.eye(max(len(east), 1), dtype=np.float32)[: len(east)], None
        self.squared, self.inliers, self.sure = np.array(squared), inliers, sure
        self.frame = SimpleNamespace(to_point=lambda meters: HERE.moved(90.0, float(meters[0])))
        entries = [SimpleNamespace(id=10 + i, path=f"{i}.jpg", lat=52.2, lon=0.1, heading=90.0 * i)
                   for i in range(len(east))]  # fmt: skip
        self.snapshot = SimpleNamespace(entries=entries)
        self.pipeline = SimpleNamespace(
            retriever=self, rerank=self.rerank, rerankers=() if inliers is None else (1,)
        )
        self.reranked = 0
        self.asked: list[tuple[int, Any]] = []

    def __len__(self) -> int:
        return len(self.meters)

    def row(self, id: int) -> int:
        return id - 10

    def rows(self, ids: np.ndarray) -> np.ndarray:
        return ids - 10

    def value(self, column: str, id: int) -> Any:
        assert column == "local"
        return SimpleNamespace(xy=np.full((40, 2), float(id), np.float32), size=(64, 48))

    def calibration(self, verified: bool) -> Calibration:
        cues = 4 if verified else 2
        return Calibration([0.0] * cues + [self.sure[verified]], [], [], 10**6)

    def retrieve(self, queries: Any, k: int, allowed: Any) -> list[Candidates]:
        self.asked.append((k, allowed))
        order = np.argsort(self.squared, kind="stable")
        squared = self.squared[order]
        evidence = {"squared_distance": squared, "distance": np.sqrt(squared)}
        return [Candidates(order + 10, -np.sqrt(squared), evidence)]

    def rerank(self, query: Any, candidates: Candidates, references: Any) -> Candidates:
        assert references is self
        self.reranked += 1
        assert self.inliers is not None
        found = [self.inliers[id - 10] for id in candidates.ids.tolist()]
        scores = np.array([-np.inf if n is None else float(n) for n in found])
        order = np.argsort(-scores, kind="stable")
        proof = [None if n is None else verification(n) for n in found]
        return candidates.reordered(order, scores[order], verification=proof)


def verification(inliers: int) -> Any:
    pairs = np.stack([np.arange(inliers), np.arange(inliers)[::-1]], 1)
    return SimpleNamespace(
        inliers=inliers, score=float(inliers), matches=pairs, inlier_mask=np.ones(inliers, bool)
    )


def some_features(count: int) -> LocalFeatures:
    xy, descriptors = np.zeros((count, 2), np.float32), np.zeros((count, 128), np.uint8)
    return LocalFeatures(xy, *np.zeros((3, count), np.float32), descriptors, (640, 480))


def ask(street: Street, features: int = 40, **settings: Any) -> Place | NoMatch:
    return locate(street, {"local": some_features(features)}, **settings)  # type: ignore[arg-type]


def test_the_first_match_lies_at_the_estimated_place_and_the_others_keep_their_order() -> None:
    """The nearest photo stands alone; three that agree outvote it."""
    street = Street([500.0, 0.0, 700.0, 4.0, 8.0], [0.50, 0.53, 0.51, 0.52, 0.54])
    answer = ask(street, name="q.jpg")
    assert isinstance(answer, Place)
    assert answer.point.distance(HERE) < 10.0
    assert [match.id for match in answer.matches] == [13, 10, 12, 11, 14]
    assert answer.query == "q.jpg"
    assert not answer.verified
    first = answer.matches[0]
    assert (first.path, first.heading, first.inliers, first.correspondences) == ("3.jpg", 270.0, None, None)
    assert first.distance == pytest.approx(np.sqrt(0.52))
    assert [match.id for match in ask(street, matches=2).matches] == [13, 10]


@pytest.mark.parametrize(("inliers", "verified"), [(19, False), (20, True)])
def test_from_twenty_inliers_on_the_best_match_counts_as_verified(inliers: int, verified: bool) -> None:
    assert PROVEN == 20
    answer = ask(Street([0.0, 500.0], [0.5, 0.6], [inliers, 8]), verify=Verify.ALWAYS)
    assert isinstance(answer, Place)
    assert answer.verified is verified
    assert [match.inliers for match in answer.matches] == [inliers, 8]


def test_only_the_first_match_makes_an_answer_verified() -> None:
    """Many inliers far away, of a photo that agreeing ones outvote."""
    street = Street([500.0, 0.0, 1.0, 2.0], [1.9, 0.1, 0.1, 0.1], [21, 19, 19, 19])
    answer = ask(street, verify=Verify.ALWAYS)
    assert isinstance(answer, Place)
    assert answer.matches[0].inliers == 19
    assert max(match.inliers or 0 for match in answer.matches) == 21
    assert not answer.verified


def test_correspondences_are_the_matched_positions_of_both_photos() -> None:
    answer = ask(Street([0.0, 400.0, 800.0], [0.5, 0.6, 0.7], [30, 0, None]), verify=Verify.ALWAYS)
    pairs = answer.matches[0].correspondences
    assert pairs is not None
    assert len(pairs) == 30
    np.testing.assert_array_equal(pairs.query_xy, np.zeros((30, 2)))
    np.testing.assert_array_equal(pairs.reference_xy, np.full((30, 2), 10.0))
    assert (pairs.query_size, pairs.reference_size) == ((640, 480), (64, 48))
    assert [match.inliers for match in answer.matches] == [30, 0, None]
    assert [match.correspondences for match in answer.matches[1:]] == [None, None]


@pytest.mark.parametrize(("verify", "reranked"), [(Verify.AUTO, 1), (Verify.ALWAYS, 1), (Verify.NEVER, 0)])
def test_local_features_are_compared_where_there_are_some(verify: Verify, reranked: int) -> None:
    street = Street([0.0], [0.5], [30], (2.1, 4.0))
    answer = ask(street, verify=verify)
    assert street.reranked == reranked
    assert answer.confidence == pytest.approx(1 / (1 + np.exp(-(4.0 if reranked else 2.1))))
    bare = Street([0.0], [0.5], None, (2.1, 4.0))
    assert ask(bare, verify=verify).confidence == pytest.approx(1 / (1 + np.exp(-2.1)))


def test_an_answer_more_likely_wrong_than_right_is_none_and_says_why() -> None:
    assert LEAST_CONFIDENCE == 0.5
    even = Street([0.0], [0.5], sure=(0.0, 0.0))
    assert isinstance(ask(even), Place)
    doubtful = (-0.1, -0.1)
    alone = ask(Street([0.0, 900.0], [0.1, 1.9], sure=doubtful))
    assert isinstance(alone, NoMatch)
    assert alone.reason is Reason.NOT_SIMILAR
    assert alone.confidence == pytest.approx(1 / (1 + np.exp(0.1)))
    assert [match.id for match in alone.matches] == [10, 11]
    scattered = ask(Street([0.0, 900.0, 1800.0], [0.5, 0.5, 0.5], sure=doubtful))
    assert isinstance(scattered, NoMatch)
    assert scattered.reason is Reason.SCATTERED
    halves = ask(Street([0.0, 900.0], [0.5, 0.5], sure=doubtful))
    assert isinstance(halves, NoMatch)
    assert halves.reason is Reason.NOT_SIMILAR
    for features, reason in ((9, Reason.BLANK_PHOTO), (10, Reason.NOT_VERIFIED)):
        unproven = ask(Street([0.0], [0.5], [0], doubtful), features, name="q.jpg")
        assert isinstance(unproven, NoMatch)
        assert (unproven.reason, unproven.query) == (reason, "q.jpg")


def test_an_empty_map_says_so() -> None:
    answer = ask(Street([], []), name="q.jpg")
    assert isinstance(answer, NoMatch)
    assert (answer.reason, answer.query, answer.matches) == (Reason.EMPTY_MAP, "q.jpg", ())


def test_fifty_of_the_allowed_references_may_vote() -> None:
    assert CANDIDATES == 50
    street, allowed = Street([0.0, 1.0], [0.5, 0.6]), np.array([True, False])
    retrieve(street, {}, allowed)  # type: ignore[arg-type]
    assert street.asked == [(50, allowed)]


def test_a_picture_taken_twice_votes_once() -> None:
    """Two of the three photos here are the same picture; one elsewhere is as near as they are."""
    street = Street([0.0, 1.0, 2.0, 500.0], [0.5, 0.5, 0.5, 0.5])
    (candidates,) = street.retrieve([], 50, None)
    apart = weigh(street, {}, candidates).cues[1]  # type: ignore[arg-type]
    street.vectors[1] = street.vectors[0]
    once = weigh(street, {}, candidates)  # type: ignore[arg-type]
    assert (apart, once.cues[1]) == pytest.approx((3 / 4, 2 / 3))
    assert once.here.tolist() == [True, True, True, False]


def test_a_stranger_as_near_as_the_map_takes_half_of_the_votes() -> None:
    street = Street([0.0, 300.0], [1.0, 2.0])
    (candidates,) = street.retrieve([], 50, None)
    query = {"vector": np.array([1, 0], np.float32)}
    street.background = np.array([[0.5, np.sqrt(0.75)]], np.float32)  # squared distance 1
    found = weigh(street, query, candidates)  # type: ignore[arg-type]
    np.testing.assert_allclose(found.cues, [0.0, 0.5], atol=1e-6)
    assert found.rival == pytest.approx(1.0)


def test_what_lies_outside_the_searched_area_is_held_against_the_answer() -> None:
    """Weights that count the margin alone: the area's photo is far, one outside is near."""
    street: Any = Street([0.0, 900.0], [1.0, 0.4])
    street.calibration = lambda verified: Calibration([10.0, 0.0, 0.0], [], [], 10**6)
    retrieve_all = street.retrieve

    def within(queries: Any, k: int, allowed: Any) -> list[Candidates]:
        (found,) = retrieve_all(queries, k, allowed)
        return [found if allowed is None else found.take(np.flatnonzero(allowed[found.ids - 10]))]

    street.retrieve = within
    answer = ask(street, allowed=np.array([True, False]))
    assert isinstance(answer, NoMatch)
    assert answer.reason is Reason.ELSEWHERE
    assert [match.id for match in answer.matches] == [10]
    assert isinstance(ask(street, allowed=np.array([False, True])), Place)
    nothing = ask(street, allowed=np.array([False, False]))
    assert isinstance(nothing, NoMatch)
    assert nothing.reason is Reason.NOTHING_NEAR


class Turnable(Street):
    """Compares well only as `right`: "mirrored", or the number of the vector among the turned ones."""

    def __init__(self, right: str | int, proof: int) -> None:
        super().__init__([0.0, 500.0], [1.0, 1.4], [0, 0])
        self.right, self.proof = right, proof

    def calibration(self, verified: bool) -> Calibration:
        return Calibration([0.0, 0.0, 9.0, 0.0, -5.0] if verified else [9.0, 0.0, -5.0], [], [], 10**6)

    def retrieve(self, queries: Any, k: int, allowed: Any) -> list[Candidates]:
        (query,) = queries
        self.squared = np.array([0.3 if query["vector"] == self.right else 1.0, 1.4])
        return super().retrieve(queries, k, allowed)

    def rerank(self, query: Any, candidates: Candidates, references: Any) -> Candidates:
        fits = query["local"].xy[0, 0] > 300 if self.right == "mirrored" else query["vector"] == self.right
        self.inliers = [self.proof if fits else 0, 0]
        return super().rerank(query, candidates, references)


@pytest.mark.parametrize(
    ("right", "said"),
    [("mirrored", Orientation.MIRRORED), (0, Orientation.TURN_90), (1, Orientation.TURN_180),
     (2, Orientation.TURN_270)],
)  # fmt: skip
def test_a_photo_that_is_turned_or_mirrored_is_found_and_marked(right: str | int, said: Orientation) -> None:
    query = {"vector": -1, "local": some_features(40), "turned": [0, 1, 2]}
    answer = locate(Turnable(right, DECISIVE), query)  # type: ignore[arg-type]
    assert isinstance(answer, Place)
    assert (answer.orientation, answer.verified) == (said, True)
    assert isinstance(locate(Turnable(right, DECISIVE - 1), query), NoMatch)  # type: ignore[arg-type]
    assert isinstance(locate(Turnable(right, 90), query, verify=Verify.NEVER), NoMatch)  # type: ignore[arg-type]
