"""Each rule of a protocol on hand-made lists, and the whole against a naive loop."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from placeprint.arrays import Float32
from placeprint.datasets import PhotoSet, PlaceDataset, Protocol
from placeprint.errors import PlaceprintError
from placeprint.evaluation.ranking import Ranking, filtered
from placeprint.evaluation.ranking import rank as rank_by
from placeprint.index import ExactIndex
from placeprint.photos import PhotoRecord
from placeprint.retrieval import DenseRetriever


def protocol(**rules: object) -> Protocol:
    truth = {"rule": "distance", "limit": 25.0}
    return Protocol(**({"name": "t", "title": "t", "source": "t", "truth": truth} | rules))  # type: ignore[arg-type]


def rank(
    data: PlaceDataset,
    rules: Protocol,
    stored: Float32,
    asked: Float32,
    depth: int,
    lost: Any = ((), ()),
) -> Ranking:
    """By exact search."""
    index = ExactIndex(stored.shape[1])
    index.add(np.arange(len(stored)), stored)
    queries = [{"vector": vector} for vector in asked]
    return rank_by(data, rules, DenseRetriever(index), queries, depth, lost, quiet=True)


def line(
    distances: list[float], panoramas: list[str | None] | None = None, **columns: NDArray[np.str_]
) -> tuple[PlaceDataset, NDArray[np.float32], NDArray[np.float32]]:
    """Database vectors at these distances from the one query."""
    panoramas = panoramas or [None] * len(distances)
    photos = [PhotoRecord(Path(f"db/{i}.jpg"), None, panorama=p) for i, p in enumerate(panoramas)]
    data = PlaceDataset("line", PhotoSet(photos, **columns), PhotoSet([PhotoRecord(Path("q/0.jpg"), None)]))
    vectors = np.array([[d, 0.0] for d in distances], np.float32)
    return data, vectors, np.zeros((1, 2), np.float32)


def test_answers_come_nearest_first_and_ties_by_row() -> None:
    data, stored, asked = line([3.0, 1.0, 2.0, 1.0])
    found = rank(data, protocol(), stored, asked, 3)
    assert found.rows[0].tolist() == [1, 3, 2]
    assert found.distances[0].tolist() == [1.0, 1.0, 2.0]
    assert rank(data, protocol(), stored, asked, 99).rows[0].tolist() == [1, 3, 2, 0]


def test_of_a_panorama_only_the_best_view_stays() -> None:
    data, stored, asked = line([1, 2, 3, 4, 5, 6], ["a", "a", None, "b", None, "b"])
    rules = protocol(suppression={"by": "panorama"})
    assert rank(data, rules, stored, asked, 9).rows[0].tolist() == [0, 2, 3, 4]


def test_of_a_block_of_rows_only_the_best_stays() -> None:
    data, stored, asked = line([4, 1, 2, 9, 8, 7, 3])
    rules = protocol(suppression={"by": "block", "size": 3})
    assert rank(data, rules, stored, asked, 9).rows[0].tolist() == [1, 6, 5]


def test_suppression_digs_as_deep_as_it_takes_unless_the_protocol_limits_it() -> None:
    data, stored, asked = line(list(range(1, 41)), ["a"] * 36 + ["b"] * 4)
    assert rank(data, protocol(suppression={"by": "panorama"}), stored, asked, 2).rows[0].tolist() == [0, 36]
    limited = protocol(suppression={"by": "panorama"}, fetch=12)
    assert rank(data, limited, stored, asked, 2).rows[0].tolist() == [0]
    assert rank(data, limited, stored, asked, 3).rows[0].tolist() == [0]
    assert rank(data, limited, stored, asked, 4).rows[0].tolist() == [0, 36]


def test_photos_of_the_querys_time_stamp_are_left_out() -> None:
    data, stored, asked = line([1, 2, 3, 4], stamps=np.array(["2009", "2013", "2009", "2011"]))
    asked_side = PhotoSet(data.queries.photos, stamps=np.array(["2009"]))
    data = PlaceDataset(data.name, data.database, asked_side)
    rules = protocol(leave_out=["same-stamp"])
    assert rank(data, rules, stored, asked, 9).rows[0].tolist() == [1, 3]
    with pytest.raises(PlaceprintError, match="no time stamps"):
        rank(line([1.0])[0], rules, stored[:1], asked, 9)


def test_the_query_itself_is_left_out_of_the_database() -> None:
    data, stored, asked = line([2, 1, 3])
    same = PlaceDataset("same", data.database, PhotoSet([PhotoRecord(Path("db/1.jpg"), None)]))
    rules = protocol(leave_out=["itself"])
    assert rank(same, rules, stored, asked, 1).rows[0].tolist() == [0]
    assert rank(same, protocol(), stored, asked, 1).rows[0].tolist() == [1]


def test_a_query_is_searched_in_its_city() -> None:
    data, stored, asked = line([1, 2, 3], regions=np.array(["sf", "cph", "sf"]))
    both = PhotoSet(
        [PhotoRecord(Path(f"q/{i}.jpg"), None) for i in range(2)], regions=np.array(["cph", "sf"])
    )
    data = PlaceDataset("cities", data.database, both)
    found = rank(data, protocol(within_region=True), stored, np.repeat(asked, 2, axis=0), 5)
    assert [rows.tolist() for rows in found.rows] == [[1], [0, 2]]
    with pytest.raises(PlaceprintError, match="no regions"):
        rank(line([1.0])[0], protocol(within_region=True), stored[:1], asked, 1)


def test_unreadable_photos_neither_answer_nor_are_answered() -> None:
    data, stored, asked = line([0, 1, 2])
    assert rank(data, protocol(), stored, asked, 2, ([0], [])).rows[0].tolist() == [1, 2]
    assert len(rank(data, protocol(), stored, asked, 2, ([], [0])).rows[0]) == 0


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 12), st.booleans(), st.booleans())
def test_all_rules_together_are_a_naive_loop(seed: int, depth: int, stamps: bool, groups: bool) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 60))
    photos = [
        PhotoRecord(Path(f"{i}.jpg"), None, panorama=str(rng.integers(0, 8)) if rng.random() < 0.9 else None)
        for i in range(count)
    ]
    when = rng.integers(2008, 2011, count).astype(str)
    asked_rows = rng.integers(0, count, 5)
    data = PlaceDataset(
        "random",
        PhotoSet(photos, stamps=when),
        PhotoSet([photos[row] for row in asked_rows], stamps=when[asked_rows]),
    )
    stored = rng.integers(0, 3, (count, 2)).astype(np.float32)
    rules = protocol(
        leave_out=["itself", *(["same-stamp"] if stamps else [])],
        suppression={"by": "panorama"} if groups else None,
    )
    found = rank(data, rules, stored, stored[asked_rows], depth, ([count - 1], []))
    for q, row in enumerate(asked_rows):
        squared = np.square(stored - stored[row]).sum(axis=1)
        expected: list[int] = []
        seen: set[str] = set()
        for i in sorted(range(count), key=lambda i: (squared[i], i)):
            panorama = photos[i].panorama
            if i in (row, count - 1) or (stamps and when[i] == when[row]) or (groups and panorama in seen):
                continue
            expected.append(i)
            if panorama is not None:
                seen.add(panorama)
        assert found.rows[q].tolist() == expected[:depth]


def test_predictions_of_another_program_meet_the_same_rules() -> None:
    data, _, _ = line([0] * 6, ["a", "a", None, "b", None, "b"])
    rules = protocol(suppression={"by": "panorama"})
    assert filtered(data, rules, [np.array([1, 0, 5, 4, 3])]).rows[0].tolist() == [1, 5, 4]
    with pytest.raises(ValueError, match="do not match"):
        filtered(data, rules, [])
    cities = PlaceDataset(
        "cities",
        PhotoSet(data.database.photos, regions=np.array(list("xxyyxx"))),
        PhotoSet(data.queries.photos, regions=np.array(["y"])),
    )
    rows = [np.array([1, 3, 2])]
    assert filtered(cities, protocol(within_region=True), rows).rows[0].tolist() == [3, 2]
