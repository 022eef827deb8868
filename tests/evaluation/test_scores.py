"""Hand-made rankings with known scores, for every metric that a protocol can name."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from placeprint.datasets import PhotoSet, PlaceDataset, Protocol
from placeprint.errors import PlaceprintError
from placeprint.evaluation.judging import Judged, judge
from placeprint.evaluation.ranking import Ranking
from placeprint.evaluation.scores import clustering_score, depth_needed, score
from placeprint.photos import PhotoRecord
from placeprint.retrieval import Candidates


def photos(count: int, folder: str) -> list[PhotoRecord]:
    return [PhotoRecord(Path(f"{folder}/{i}.jpg"), None) for i in range(count)]


def protocol(**rules: object) -> Protocol:
    said: dict[str, object] = {"name": "t", "title": "t", "source": "t"}
    return Protocol(**(said | rules))  # type: ignore[arg-type]


def judged(data: PlaceDataset, rules: Protocol, *rows: list[int]) -> Judged:
    answers = [np.array(ids, np.int64) for ids in rows]
    return judge(data, rules, ranking(answers, [np.arange(len(ids), dtype=np.float64) for ids in rows]))


def ranking(rows: Any, distances: Any, confidence: Any = None) -> Ranking:
    sure = [np.nan] * len(rows) if confidence is None else confidence.tolist()
    lists = zip(rows, distances, sure, strict=True)
    return Ranking([Candidates(ids, -np.float64(near), {"distance": near}, c) for ids, near, c in lists])


def values(judgement: Judged) -> dict[str, float]:
    places = np.array([str(i) for i in range(len(judgement.dataset.queries))])
    return {name: round(found.value, 6) for name, found in score(judgement, places).items()}


METERS = PlaceDataset(
    "meters",
    PhotoSet(photos(4, "db"), meters=np.array([[0.0, 0.0], [25.0, 0.0], [25.001, 0.0], [500.0, 0.0]])),
    PhotoSet(photos(3, "q"), meters=np.array([[0.0, 0.0], [0.0, 0.0], [9000.0, 0.0]])),
)


def test_a_query_without_positives_counts_or_drops_out() -> None:
    truth = {"rule": "distance", "limit": 25.0}
    rows = ([2, 1, 0], [3, 2], [0])
    counting = values(judged(METERS, protocol(truth=truth, ns=(1, 2, 5)), *rows))
    assert counting == {"R@1": 0.0, "R@2": round(1 / 3, 6), "R@5": round(1 / 3, 6)}
    dropping = values(judged(METERS, protocol(truth=truth, ns=(1, 2), without_positives="drop"), *rows))
    assert dropping == {"R@1": 0.0, "R@2": 0.5}
    alone = PlaceDataset("alone", METERS.database, METERS.queries[2:])
    with pytest.raises(PlaceprintError, match="no query counts"):
        judged(alone, protocol(truth=truth, without_positives="drop"), [0])


LISTED = PlaceDataset(
    "listed",
    PhotoSet(photos(6, "db")),
    PhotoSet(photos(1, "q")),
    {"easy": [np.array([0])], "hard": [np.array([1])], "junk": [np.array([2])]},
)


def test_junk_before_the_first_positive_is_taken_out() -> None:
    truth = {"rule": "listed", "right": ["easy", "hard"], "junk": ["junk"]}
    rules = protocol(truth=truth, metrics=("recall", "average-precision"), ns=(1, 2))
    found = values(judged(LISTED, rules, [2, 0, 5, 1, 3, 4]))
    assert found["R@1"] == 1.0
    assert found["mAP"] == round(((1 + 1) / 2 + (1 / 2 + 2 / 3) / 2) / 2, 6)  # trapezoids, ranks 0 and 2
    without = protocol(truth={"rule": "listed", "right": ["easy", "hard"]}, ns=(1, 2))
    assert values(judged(LISTED, without, [2, 0, 5, 1, 3, 4])) == {"R@1": 0.0, "R@2": 1.0}


def test_the_three_setups_of_the_revisited_protocol() -> None:
    truth = {"rule": "listed", "right": ["easy", "hard"], "junk": ["junk"]}
    rules = protocol(truth=truth, metrics=("revisited",), ns=(1,))
    found = values(judged(LISTED, rules, [1, 3, 0, 2, 4, 5]))
    assert found["E mP@1"] == 0.0  # row 1, hard, is junk; row 3 stands first
    assert found["H mP@1"] == found["M mP@1"] == found["H mAP"] == 1.0
    assert found["E mAP"] == round((0 / 1 + 1 / 2) / 2, 6)


LABELS = np.array(["a", "a", "a", "a", "b", "b", "b", "b"])
GROUPS = PlaceDataset(
    "groups", PhotoSet(photos(8, "x"), labels=LABELS), PhotoSet(photos(8, "x"), labels=LABELS)
)


def test_labels_give_the_n_s_score_class_recall_and_map_at_100() -> None:
    rows = [[i, 4, (i + 1) % 4, 5] for i in range(4)] + [[i, 0, 1, 2] for i in range(4, 8)]
    rules = protocol(truth={"rule": "label"}, metrics=("n-s", "map@100"), ns=(1,))
    found = values(judged(GROUPS, rules, *rows))
    assert found["N-S"] == 1.5
    assert found["mAP@100"] == round(((1 + 2 / 3) / 4 + 1 / 4) / 2, 6)
    left_out = protocol(truth={"rule": "label"}, metrics=("class-recall",), leave_out=["itself"], ns=(1, 2))
    assert values(judged(GROUPS, left_out, *[row[1:] for row in rows])) == {"Recall@1": 0.0, "Recall@2": 0.5}


def test_precision_recall_goes_by_the_best_answers_distance() -> None:
    truth = {"rule": "listed", "right": ["positive"]}
    data = PlaceDataset(
        "pr", PhotoSet(photos(3, "db")), PhotoSet(photos(4, "q")), {"positive": [np.array([0])] * 4}
    )
    rules = protocol(truth=truth, metrics=("precision-recall",), ns=(1,))
    rows = [np.array([0]), np.array([0]), np.array([1]), np.array([0])]
    near = [np.array([d], np.float32) for d in (0.1, 0.2, 0.3, 0.4)]
    places = np.array(list("abcd"))
    found = score(judge(data, rules, ranking(rows, near)), places)
    assert found["R@100%P"].value == 0.5
    sure = score(judge(data, rules, ranking(rows, near, np.array([4.0, 3.0, 1.0, 2.0]))), places)
    assert sure["R@100%P"].value == 0.75
    unknown = [np.full(1, np.nan, np.float32)] * 4
    assert score(judge(data, rules, ranking(rows, unknown)), places) == {}


def test_as_many_answers_are_fetched_as_the_metrics_look_at() -> None:
    truth = {"rule": "listed", "right": ["easy"], "junk": ["junk"]}
    assert depth_needed(protocol(truth=truth, ns=(1, 3)), LISTED) == 4
    assert depth_needed(protocol(truth=truth, ns=(1, 3), metrics=("average-precision",)), LISTED) == 6
    assert depth_needed(protocol(truth={"rule": "label"}, ns=(1,), metrics=("n-s",)), GROUPS) == 4


def test_clusters_that_are_the_classes_have_an_nmi_of_one() -> None:
    rng = np.random.default_rng(0)
    labels = np.array(list("abc") * 20)
    vectors = np.eye(3, dtype=np.float32)[[0, 1, 2] * 20] + 0.01 * rng.standard_normal((60, 3))
    assert clustering_score(vectors.astype(np.float32), labels).value == pytest.approx(1.0)
    assert clustering_score(vectors.astype(np.float32), rng.permutation(labels)).value < 0.2


def test_intervals_are_drawn_over_places() -> None:
    truth = {"rule": "listed", "right": ["positive"]}
    count = 60
    data = PlaceDataset(
        "places",
        PhotoSet(photos(2, "db")),
        PhotoSet(photos(count, "q")),
        {"positive": [np.array([0])] * count},
    )
    rows = [[0] if (i // 6) % 2 else [1] for i in range(count)]
    judgement = judged(data, protocol(truth=truth, ns=(1,)), *rows)
    each = score(judgement, np.array([str(i) for i in range(count)]))["R@1"]
    grouped = score(judgement, np.array([str(i // 6) for i in range(count)]))["R@1"]
    assert each.value == grouped.value == 0.5
    assert grouped.high - grouped.low > 1.8 * (each.high - each.low)


def test_only_the_first_four_make_the_n_s_score() -> None:
    rules = protocol(truth={"rule": "label"}, metrics=("n-s",))
    assert values(judged(GROUPS, rules, *[[4, 5, 6, 7, 0] if i < 4 else [0] for i in range(8)]))["N-S"] == 0.0
