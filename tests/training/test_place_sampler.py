"""Batches of places: positives within a place, negatives beyond the far limit, confusable places."""

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest

from placeprint.training.place_groups import cells, drawn_groups, same_name
from placeprint.training.place_sampler import PlaceSampler
from placeprint.training.position_labels import weak_labels_of_photos
from placeprint.training.tuple_batch import TupleBatch

sys.path.insert(0, str(Path(__file__).parent))
from mining_cases import placed, reader, squared, unit_rows

COUNT = 400
METRES = 60.0 * np.random.default_rng(4).random((COUNT, 2))
LABELS = weak_labels_of_photos(placed(METRES))
CELLS = cells(METRES)
VECTORS = unit_rows(COUNT)


def distances(rows: list[int]) -> np.ndarray:
    return np.linalg.norm(METRES[rows][:, None] - METRES[rows], axis=2)


def place_of(image: int) -> int:
    return next(i for i, rows in enumerate(CELLS) if image in rows)


def exact(batch: TupleBatch) -> tuple[list[int], list[list[int]], list[list[bool]]]:
    return list(batch.images), [batch.query.tolist(), batch.positive.tolist()], batch.counts.tolist()


@pytest.mark.parametrize("hard_share", [0.0, 0.5])
def test_positives_are_of_the_place_and_negatives_all_that_are_far(hard_share: float) -> None:
    sampler = PlaceSampler(LABELS, CELLS, batch=6, views=3, hard_share=hard_share, read=reader(VECTORS))
    batches = list(sampler.epoch(0))
    assert len(batches) == sampler.steps
    for batch in batches:
        images = list(batch.images)
        away, places = distances(images), np.array([place_of(image) for image in images])
        assert len(set(images)) == len(images)
        assert set(np.unique(places, return_counts=True)[1].tolist()) == {3}
        assert batch.query.tolist() == list(range(len(images)))
        assert batch.negatives.shape == (len(images), len(images) - 3)
        for i in range(len(images)):
            assert places[batch.positive[i]] == places[i]
            assert batch.positive[i] != i
            counted = batch.negatives[i][batch.counts[i]].tolist()
            assert (batch.negatives[i][~batch.counts[i]] == i).all()
            assert counted == [j for j in range(len(images)) if away[i, j] > 25 and places[j] != places[i]]
    assert any(not batch.counts.all() for batch in batches)
    assert any(batch.counts.any() for batch in batches)


def test_an_epoch_visits_every_place_once_in_any_number_of_processes() -> None:
    large = [i for i, rows in enumerate(CELLS) if len(rows) >= 3]
    assert len(large) < len(CELLS)
    for world in (1, 2, 3):
        samplers = [PlaceSampler(LABELS, CELLS, 6, 3, seed=2, rank=r, world=world) for r in range(world)]
        epochs = [list(sampler.epoch(1)) for sampler in samplers]
        assert {len(batches) for batches in epochs} == {samplers[0].steps}
        seen = [place_of(image) for batches in epochs for batch in batches for image in batch.images[::3]]
        assert sorted(seen) == large != seen
    whole = PlaceSampler(LABELS, CELLS, 6, 3, drop_last=True)
    assert len(large) % 6
    assert [len(batch.images) for batch in whole.epoch(0)] == [18] * (len(large) // 6)


def test_resume_and_seeds() -> None:
    def made(seed: int = 0) -> PlaceSampler:
        return PlaceSampler(LABELS, CELLS, 6, 3, hard_share=0.5, read=reader(VECTORS), seed=seed)

    whole = [exact(batch) for batch in made().epoch(1)]
    one = made()
    batches = one.epoch(1)
    next(batches)
    next(batches)
    assert one.position == (1, 2)
    assert [exact(batch) for batch in made().epoch(*one.position)] == whole[2:]
    list(batches)
    assert one.position == (2, 0)
    assert [exact(batch) for batch in made(1).epoch(1)] != whole
    assert [exact(batch) for batch in made().epoch(2)] != whole


def test_hard_places_are_the_nearest_by_descriptor_that_are_far_on_the_ground() -> None:
    vectors = VECTORS.copy()
    vectors[::50] = np.nan
    usable = [i for i, rows in enumerate(CELLS) if len(rows) >= 2]
    sampler = PlaceSampler(LABELS, CELLS, 4, 2, hard_share=0.5, read=reader(vectors), pool=10_000)
    for batch in sampler.epoch(0):
        places = [place_of(image) for image in batch.images[::2]]
        chosen, hard = places[: sampler.random], places[sampler.random :]
        taken = list(chosen)
        expected: list[int] = []
        nearness = {
            place: np.nanmin([squared(vectors[CELLS[c][0]], vectors[CELLS[place][:1]])[0] for c in chosen])
            for place in usable
            if place not in chosen and not np.isnan(vectors[CELLS[place][0]]).any()
        }
        for place in sorted(nearness, key=lambda p: nearness[p]):
            rows = [CELLS[t] for t in taken]
            gap = np.linalg.norm(METRES[CELLS[place]][:, None] - METRES[np.concatenate(rows)], axis=2).min()
            if gap > 25 and len(expected) < 2:
                expected.append(place)
                taken.append(place)
        assert hard == expected
    blind = PlaceSampler(LABELS, CELLS, 4, 2, hard_share=0.5, read=reader(np.full_like(VECTORS, np.nan)))
    assert {len(batch.images) for batch in blind.epoch(0)} <= {4, 2}


def test_left_out_images_are_never_shown_and_wrong_arguments_are_refused() -> None:
    missing = np.arange(0, COUNT, 4)
    sampler = PlaceSampler(LABELS.leaving_out(missing), CELLS, 6, 2)
    assert not {image for batch in sampler.epoch(0) for image in batch.images} & set(missing.tolist())
    # A photo with a potential positive, but none of it in its place, is a negative for others and no query.
    alone = [np.array([0, int(np.argmax(distances(list(range(COUNT)))[0]))])]
    assert [len(batch) for batch in PlaceSampler(LABELS, alone, 2, 2).epoch(0)] == [0]
    with pytest.raises(ValueError, match="two places"):
        PlaceSampler(LABELS, [np.array([1, 2]), np.array([2, 3])])
    with pytest.raises(ValueError, match="current vectors"):
        PlaceSampler(LABELS, CELLS, hard_share=0.5)
    with pytest.raises(ValueError, match="hard share 1"):
        PlaceSampler(LABELS, CELLS, hard_share=1.0, read=reader(VECTORS))


def test_groups_by_cell_sector_and_name() -> None:
    metres = np.array([[0, 0], [6.9, 6.9], [7, 0], [-0.1, 0], [3, 3]])
    assert [rows.tolist() for rows in cells(metres)] == [[3], [0, 1, 4], [2]]
    headings = np.array([10.0, 359, 0, 0, 29.9])
    assert [rows.tolist() for rows in cells(metres, headings=headings)] == [[3], [0, 4], [1], [2]]
    turned = cells(metres, headings=headings - [0, 360, 720, 0, -360])
    assert [rows.tolist() for rows in turned] == [[3], [0, 4], [1], [2]]
    turned = cells(metres, headings=headings, sectors=1)
    assert [rows.tolist() for rows in turned] == [[3], [0, 1, 4], [2]]
    assert [rows.tolist() for rows in same_name(["b", None, "a", "b", ""])] == [[2], [0, 3]]
    assert cells(np.zeros((0, 2))) == same_name([None]) == []
    assert max(distances(rows.tolist()).max() for rows in CELLS) <= 10


def test_drawn_groups_are_disjoint_and_hold_potential_positives() -> None:
    labels = LABELS.leaving_out(np.arange(0, COUNT, 7))
    for views in (2, 4):
        groups = drawn_groups(labels, views, 0, 1)
        rows = np.concatenate(groups)
        assert {len(group) for group in groups} == {views}
        assert len(np.unique(rows)) == len(rows)
        assert not (rows % 7 == 0).any()
        assert all(np.isin(group[1:], labels.positives[group[0]]).all() for group in groups)
        single = np.setdiff1d(np.arange(COUNT), rows)  # nobody was left who could have made a group
        assert all(len(np.intersect1d(labels.positives[row], single)) < views - 1 for row in single)
        again, later = drawn_groups(labels, views, 0, 1), drawn_groups(labels, views, 0, 2)
        assert np.array_equal(np.concatenate(again), rows)
        assert np.concatenate(later).tolist() != rows.tolist()
    batches = list(PlaceSampler(labels, drawn_groups(labels, 2, 0, 1), 8, 2).epoch(1))
    assert all(len(batch) == len(batch.images) for batch in batches)
    with pytest.raises(ValueError, match="one list"):
        PlaceSampler(dataclasses.replace(LABELS, one_list=False), CELLS)


def test_views_are_drawn_anew_and_an_image_of_the_own_place_is_never_a_negative() -> None:
    rows = np.arange(60).reshape(6, 10)
    metres = np.stack([1000.0 * (rows // 10), 6.0 * (rows % 10)], axis=-1).reshape(60, 2)
    labels = weak_labels_of_photos(placed(metres))
    offsets = []
    for batch in PlaceSampler(labels, list(rows), 1, 10).epoch(0):
        offsets.append([image % 10 for image in batch.images])
        assert not batch.counts.any()
    assert len({tuple(order) for order in offsets}) == 6
    (batch,) = PlaceSampler(labels, list(rows), 6, 10).epoch(0)
    images = np.array(batch.images)
    assert batch.counts.all()
    assert (images[batch.negatives] // 10 != images[batch.query][:, None] // 10).all()
    assert (np.abs(images[batch.positive] - images[batch.query]) == 1).all()
