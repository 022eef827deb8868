"""Views drawn from panoramas, and pairs of them."""

from pathlib import Path

import numpy as np
import pytest
from mining_cases import placed

from placeprint.datasets.layouts.own.table import training_photos
from placeprint.datasets.panoramas import Panorama, panoramas
from placeprint.errors import PlaceprintError
from placeprint.photos.cube_views import inside
from placeprint.training.images.augmentation import Augmentation
from placeprint.training.images.panorama_views import draw_views, photos_of
from placeprint.training.images.sources import ViewImages
from placeprint.training.mining.labels.position_labels import PositiveRule, weak_labels_of_photos
from placeprint.training.mining.labels.positives import one_of_nearest
from placeprint.training.mining.pair_sampler import PairSampler
from placeprint.training.mining.tuple_batch import TupleBatch


@pytest.fixture(scope="module")
def found(street: Path) -> list[Panorama]:
    return panoramas(training_photos(street / "photos.csv", "train"))


def test_faces_come_first_and_all_views_fit(found: list[Panorama]) -> None:
    views = draw_views(found, 30, (50.0, 80.0), 4.0, seed=3)
    assert [view.panorama for view in views] == np.repeat(np.arange(16), 30).tolist()
    for first in range(0, len(views), 30):
        assert [(v.heading, v.pitch, v.field_of_view) for v in views[first : first + 4]] == [
            (0.0, 0.0, 90.0), (90.0, 0.0, 90.0), (180.0, 0.0, 90.0), (270.0, 0.0, 90.0),
        ]  # fmt: skip
    drawn = [view for i, view in enumerate(views) if i % 30 >= 4]
    assert all(inside(v.heading, v.pitch, v.field_of_view) for v in drawn)
    across = np.array([v.field_of_view for v in drawn])
    assert 50 <= across.min() < 52
    assert 70 < across.max() <= 80
    quarters = np.histogram([v.heading for v in drawn], 4, (0, 360))[0]
    assert quarters.min() > 0.8 * quarters.mean()
    assert 2.5 < np.std([v.pitch for v in drawn]) < 4.5
    assert views == draw_views(found, 30, (50.0, 80.0), 4.0, seed=3)
    assert drawn[0] != draw_views(found, 30, (50.0, 80.0), 4.0, seed=3, epoch=1)[4]
    assert drawn[0] != draw_views(found, 30, (50.0, 80.0), 4.0, seed=4)[4]


def test_a_view_that_never_fits_is_an_error(found: list[Panorama]) -> None:
    with pytest.raises(PlaceprintError, match="field_of_view"):
        draw_views(found[:1], 5, (90.0, 90.0), 4.0, seed=0)


def test_views_are_photos_with_the_place_of_their_panorama(found: list[Panorama]) -> None:
    views = draw_views(found, 6, (50.0, 80.0), 4.0, seed=0)
    photos = photos_of(found, views)
    images = ViewImages(found, views, 24, Augmentation(photometric=1.0), seed=0)
    for row in (0, 5, 40):
        of = found[views[row].panorama]
        assert (photos[row].panorama, photos[row].point) == (of.name, of.point)
        assert photos[row].heading == views[row].heading % 360.0
        assert images.file(row) in of.faces
    plain = images.load(5, None)
    assert plain.shape == (24, 24, 3)
    assert np.array_equal(images.load(5, 0), images.load(5, 0))
    assert not np.array_equal(images.load(5, 0), images.load(5, 1))
    assert not np.array_equal(images.load(5, 0), plain)


@pytest.fixture(scope="module")
def pairs() -> PairSampler:
    """Forty places along a street, three photos each; two places are within 25 m of the next."""
    x = np.repeat(30.0 * np.arange(40), 3) + np.tile([0.0, 4.0, 8.0], 40)
    labels = weak_labels_of_photos(placed(np.stack([x, 0 * x], axis=1)), PositiveRule(10.0), 25.0)
    return PairSampler(labels, np.split(np.arange(120), 40), 6, seed=1)


def test_pairs_are_positives_and_all_that_is_far_is_negative(pairs: PairSampler) -> None:
    batches = list(pairs.epoch(0))
    assert len(batches) == pairs.steps == 6  # forty places: four of them wait for another epoch
    seen = []
    for batch in batches:
        images = np.array(batch.images)
        assert len(batch) == 12
        assert np.array_equal(batch.query[:6], batch.positive[6:])
        assert np.array_equal(batch.query[6:], batch.positive[:6])
        seen += (images[batch.query[:6]] // 3).tolist()
        for query, positive, negatives, counts in zip(
            batch.query, batch.positive, batch.negatives, batch.mask, strict=True
        ):
            row = images[query]
            assert images[positive] in pairs.labels.positives[row]
            far = [i for i in images.tolist() if i not in pairs.labels.close[row]]
            assert images[negatives[counts]].tolist() == far
            assert len(far) >= 8
    assert len(set(seen)) == 36


def test_the_positive_may_be_one_of_the_nearest_by_descriptor(pairs: PairSampler) -> None:
    vectors = np.random.default_rng(0).standard_normal((120, 5)).astype(np.float32)
    places = np.split(np.arange(120), 40)
    near = PairSampler(pairs.labels, places, 6, 1, one_of_nearest(lambda rows: vectors[rows], 1))
    for batch in near.epoch(0):
        images = np.array(batch.images)
        for query, positive in zip(images[batch.query[:6]], images[batch.positive[:6]], strict=True):
            rows = pairs.labels.positives[query]
            assert positive == rows[np.argmin(((vectors[rows] - vectors[query]) ** 2).sum(axis=1))]
    none = PairSampler(pairs.labels, places, 6, 1, lambda row, rows, rng: None if row % 2 else int(rows[0]))
    assert {len(batch) % 2 for batch in none.epoch(0)} == {0}
    assert all(
        image % 2 == 0
        for batch in none.epoch(0)
        for image in np.array(batch.images)[batch.query[: len(batch) // 2]]
    )
    nobody = PairSampler(pairs.labels, places, 6, 1, lambda row, rows, rng: None)
    assert [len(batch) for batch in nobody.epoch(0)] == [0] * 6


def test_an_epoch_of_pairs_goes_on_anywhere(pairs: PairSampler) -> None:
    def facts(batches: list[TupleBatch]) -> list[list[int]]:
        return [[*batch.images, *batch.query, *batch.positive] for batch in batches]

    whole = facts(list(pairs.epoch(1)))
    assert facts(list(pairs.epoch(1, 4))) == whole[4:]
    assert facts(list(pairs.epoch(2))) != whole


def test_a_batch_without_some_images_keeps_the_other_tuples() -> None:
    batch = TupleBatch(
        [10, 11, 12, 13, 14, 15],
        np.array([0, 1, 5]),
        np.array([2, 3, 2]),
        np.array([[4, 5], [4, 0], [0, 1]]),
        np.array([[True, True], [True, False], [True, True]]),
    )
    left = batch.without(np.array([3, 4]))  # a positive, and a negative of two
    assert left.images == [10, 11, 12, 15]
    images = np.array(left.images)
    assert images[left.query].tolist() == [10, 15]
    assert images[left.positive].tolist() == [12, 12]
    assert left.mask.tolist() == [[False, True], [True, True]]
    assert images[left.negatives[0][left.mask[0]]].tolist() == [15]
    assert images[left.negatives[1]].tolist() == [10, 11]
    assert len(batch.without(np.arange(6))) == 0
