import cv2
import numpy as np

from placeprint.features import RootSift, compress
from placeprint.representations import LocalExtractor


def picture(side):
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (24, 24, 3), np.uint8)
    return cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)


def test_a_small_photo_is_described_as_it_is():
    image = picture(300)
    found, expected = LocalExtractor().of(image), RootSift(count=1000, upright=True).detect(image)
    np.testing.assert_array_equal(found.descriptors, compress(expected.descriptors))
    np.testing.assert_array_equal(found.xy, expected.xy)
    assert found.size == (300, 300)
    assert found.descriptors.dtype == np.uint8


def test_a_large_photo_is_shrunk_to_the_same_area_whatever_its_aspect():
    wide = np.concatenate([picture(720), picture(720)], axis=1)
    width, height = LocalExtractor().of(wide).size
    assert abs(width * height - 360**2) < 0.02 * 360**2
    assert abs(width / height - 2.0) < 0.02


def test_settings_survive_json_and_a_blank_photo_has_none():
    settings = LocalExtractor(RootSift(count=5, upright=False), 200)
    assert LocalExtractor.from_dict(settings.to_dict()) == settings
    assert len(settings.of(picture(300))) == 5
    assert len(LocalExtractor().of(np.zeros((100, 100, 3), np.uint8))) == 0
