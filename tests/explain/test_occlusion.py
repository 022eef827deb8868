from pathlib import Path

import numpy as np
import pytest

from placeprint.errors import PhotoError
from placeprint.explain import occlusion


class Mosaic:
    """Mean colors of 4 x 4 cells, each to the power 1.5, as a unit vector: sees where things are."""

    name, dim, fingerprint, recipe = "mosaic", 48, "0", {}

    def __init__(self):
        self.batches = []

    def describe(self, photos):
        self.batches.append(len(photos))
        rows = []
        for photo in photos:
            cells = [
                c.mean(axis=(0, 1)) for r in np.array_split(photo, 4) for c in np.array_split(r, 4, axis=1)
            ]
            vector = np.concatenate(cells) ** 1.5
            rows.append(vector / np.linalg.norm(vector))
        return np.array(rows, np.float32)

    def save(self, path):
        raise NotImplementedError


def photo_and_target(height=40, width=60):
    rng = np.random.default_rng(3)
    target = rng.uniform(size=48)
    return rng.integers(0, 256, (height, width, 3)).astype(np.uint8), target / np.linalg.norm(target)


def naive(photo, target, sides, starts):
    """Pixel by pixel: each patch's drop, weighted by how far the pixel is from the patch's middle."""
    descriptor, maps = Mosaic(), []
    whole = descriptor.describe([photo])[0] @ target
    for side, (tops, lefts) in zip(sides, starts, strict=True):
        above, below = np.zeros(photo.shape[:2]), np.zeros(photo.shape[:2])
        for top in tops:
            for left in lefts:
                covered = photo.astype(np.float64)
                patch = covered[top : top + side, left : left + side]
                patch[:] = np.round(patch.reshape(-1, 3).sum(axis=0) / side**2)
                drop = whole - descriptor.describe([covered.astype(np.uint8)])[0] @ target
                for y in range(top, top + side):
                    for x in range(left, left + side):
                        near = [1 - abs(at + 0.5 - side / 2) / (side / 2) for at in (y - top, x - left)]
                        above[y, x] += drop * near[0] * near[1]
                        below[y, x] += near[0] * near[1]
        maps.append(above / below)
    return np.mean(maps, axis=0)


def test_heat_is_that_of_a_naive_loop():
    photo, target = photo_and_target()
    # sqrt(40 * 60) = 48.99: sides 10 and 24; steps of at most 5 and 12 pixels from border to border
    starts = [
        (np.linspace(0, 30, 7).astype(int), np.linspace(0, 50, 11).astype(int)),
        ([0, 8, 16], [0, 12, 24, 36]),
    ]
    heat = occlusion(Mosaic(), photo, target, patch=(0.2, 0.5))
    assert heat.dtype == np.float32
    np.testing.assert_allclose(heat, naive(photo, target, (10, 24), starts), atol=1e-6)
    wide = [(range(0, 31, 10), [0, 10, 20, 30, 40, 50])]
    once = occlusion(Mosaic(), photo, target, patch=0.2, stride=1.0)
    np.testing.assert_allclose(once, naive(photo, target, (10,), wide), atol=1e-6)


def test_photos_are_described_in_batches_of_sixteen():
    photo, target = photo_and_target()
    descriptor = Mosaic()
    occlusion(descriptor, photo, target, patch=0.2)
    assert descriptor.batches == [1, 16, 16, 16, 16, 13]


def test_a_flat_photo_has_no_heat_and_a_patch_as_large_as_the_photo_the_whole_drop():
    photo, target = photo_and_target(40, 40)
    flat = np.full_like(photo, 90)
    assert (np.abs(occlusion(Mosaic(), flat, target)) < 1e-6).all()
    mean = np.full_like(photo, 0) + np.round(photo.mean(axis=(0, 1))).astype(np.uint8)
    vectors = Mosaic().describe([photo, mean])
    np.testing.assert_allclose(
        occlusion(Mosaic(), photo, target, patch=1.0), (vectors[0] - vectors[1]) @ target, atol=1e-6
    )


def test_a_patch_is_no_higher_than_a_panorama():
    photo, target = photo_and_target(20, 180)  # patches of 30 pixels a side become 20 x 30
    descriptor = Mosaic()
    heat = occlusion(descriptor, photo, target, patch=0.5)
    assert descriptor.batches == [1, 11]
    assert np.isfinite(heat).all()
    np.testing.assert_array_equal(heat, heat[:1].repeat(20, axis=0))


def test_heat_lies_where_the_photos_are_alike():
    rng = np.random.default_rng(0)
    photo = np.full((64, 64, 3), 40, np.uint8)
    photo[8:24, 40:56] = rng.integers(0, 256, (16, 16, 3))

    class Texture(Mosaic):
        def describe(self, photos):
            rows = [
                [*np.abs(np.diff(p[8:24, 40:56].astype(float), axis=0)).mean((0, 1)), 30.0] for p in photos
            ]
            return np.array([row / np.linalg.norm(row) for row in np.array(rows)], np.float32)

    heat = occlusion(Texture(), photo, Texture().describe([photo])[0], patch=0.25)
    assert heat[8:24, 40:56].mean() > 5 * np.abs(heat[40:]).mean()
    assert np.unravel_index(heat.argmax(), heat.shape) == pytest.approx((16, 48), abs=5)


def test_what_cannot_be_explained():
    photo, target = photo_and_target()
    with pytest.raises(PhotoError, match=r"nowhere\.jpg: does not exist"):
        occlusion(Mosaic(), Path("nowhere.jpg"), target)
    for patch, stride in ((0.0, 0.5), (1.5, 0.5), ((), 0.5), (0.2, 0.0)):
        with pytest.raises(ValueError, match="must be fractions"):
            occlusion(Mosaic(), photo, target, patch, stride)
