"""Batches of pairs by hand: who is whose positive and negative, tries, hard places."""

import numpy as np
import pytest
from mining_cases import list_labels, placed

from placeprint.training.mining.labels.position_labels import PositiveRule, weak_labels_of_photos
from placeprint.training.mining.labels.weak_labels import WeakLabels
from placeprint.training.mining.pair_sampler import TRIES, PairSampler

PLACES, VIEWS = 6, 5
GROUPS = [np.arange(VIEWS) + VIEWS * place for place in range(PLACES)]


def labels(apart: float = 100.0) -> WeakLabels:
    """Places `apart` meters from one another, five photos each within 4 m."""
    spots = [(apart * place + view, 0.0) for place in range(PLACES) for view in range(VIEWS)]
    return weak_labels_of_photos(placed(np.array(spots)), PositiveRule(positive_radius=10.0), 25.0)


@pytest.mark.parametrize("apart", [100.0, 20.0])
def test_each_image_is_a_query_and_all_far_ones_its_negatives(apart: float) -> None:
    of = labels(apart)
    sampler = PairSampler(of, GROUPS, 3, seed=1)
    assert sampler.steps == 2
    places = []
    for batch in sampler.epoch(0):
        images = np.array(batch.images)
        assert len(images) == len(batch.query) == 6
        assert sorted(batch.query.tolist()) == list(range(6))
        for query, positive, negatives, mask in zip(
            images[batch.query], images[batch.positive], batch.negatives, batch.mask, strict=True
        ):
            assert positive in of.positives[query]
            far = sorted(set(images.tolist()) - set(of.close[query].tolist()))
            assert sorted(images[negatives[mask]].tolist()) == far
        partner = dict(zip(batch.query.tolist(), batch.positive.tolist(), strict=True))
        assert all(partner[partner[query]] == query != partner[query] for query in partner)
        places += sorted({int(image) // VIEWS for image in images})
    assert sorted(places) == list(range(PLACES))


def test_the_same_step_of_an_epoch_is_the_same_whenever_it_is_asked_for() -> None:
    sampler = PairSampler(list_labels(), [np.array([row]) for row in range(240)], 8, seed=1)
    whole = [batch.images for batch in sampler.epoch(2)]
    assert len(whole) == sampler.steps == len(list_labels().with_positives) // 8
    assert [batch.images for batch in sampler.epoch(2, 3)] == whole[3:]
    assert whole != [batch.images for batch in sampler.epoch(3)]


def test_four_images_of_a_place_are_tried() -> None:
    assert TRIES == 4
    for findable, left in ((4, PLACES), (5, 0)):
        asked: list[int] = []

        def positive_of(
            row: int, positives: np.ndarray, rng: np.random.Generator, findable: int = findable
        ) -> int | None:
            asked.append(row)  # noqa: B023
            return int(positives[0]) if len([r for r in asked if r // 5 == row // 5]) == findable else None  # noqa: B023

        batches = list(PairSampler(labels(), GROUPS, PLACES, positive_of=positive_of).epoch(0))
        assert len(batches) == 1
        assert len(batches[0].query) == 2 * left
        assert len(asked) == len(set(asked)) == TRIES * PLACES


def test_four_of_those_that_an_image_is_taken_for_are_tried() -> None:
    """Rows of the place that is paired already are passed over and do not count."""
    tried: list[int] = []

    def like(row: int, rng: np.random.Generator) -> np.ndarray:
        other = (row // VIEWS + 1) % PLACES
        return np.concatenate([GROUPS[row // VIEWS], GROUPS[other]])

    def positive_of(row: int, positives: np.ndarray, rng: np.random.Generator) -> int | None:
        tried.append(row)
        return int(positives[0]) if len(tried) == 1 else None

    batch = next(iter(PairSampler(labels(), GROUPS, 2, positive_of=positive_of, hard=like).epoch(0)))
    assert len(batch.query) == 2
    assert tried[1:5] == GROUPS[(tried[0] // VIEWS + 1) % PLACES][:4].tolist()
    assert len(tried) == 1 + 4 + 4  # then four of the second place of the batch


def test_pairs_need_one_list_and_places_with_positives() -> None:
    apart = WeakLabels(3, [np.array([0])], [np.array([0])])
    with pytest.raises(ValueError, match="one list"):
        PairSampler(apart, [np.array([0])], 2)
    alone = weak_labels_of_photos(placed(np.array([[0.0, 0.0], [500.0, 0.0]])))
    nothing = PairSampler(alone, [np.array([0]), np.array([1])], 4)
    assert (nothing.places, nothing.steps, list(nothing.epoch(0))) == ([], 0, [])
