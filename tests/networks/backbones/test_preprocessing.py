import numpy as np
import pytest

torch = pytest.importorskip("torch")
from placeprint.networks.backbones import (  # noqa: E402
    IMAGENET_PIXELS,
    LITE0_PIXELS,
    MATCONVNET_PIXELS,
    OPENIBL_PIXELS,
    Preprocessing,
)

PIXEL = np.array([255, 127, 0], np.uint8)


@pytest.mark.parametrize(
    ("pixels", "expected"),
    [
        (IMAGENET_PIXELS, [(1 - 0.485) / 0.229, (127 / 255 - 0.456) / 0.224, -0.406 / 0.225]),
        (MATCONVNET_PIXELS, [255 - 123.68, 127 - 116.779, -103.939]),
        (OPENIBL_PIXELS, [255 - 123.68, 127 - 116.779, -103.939]),
        (LITE0_PIXELS, [1.0, 0.0, -127 / 128]),
        (Preprocessing(1, (103.939, 116.779, 123.68), (1, 1, 1), "BGR"), [-103.939, 10.221, 131.32]),
    ],
)
def test_one_pixel_by_hand(pixels, expected):
    photo = np.zeros((1, 2, 3, 3), np.uint8)
    photo[0, 1, 2] = PIXEL
    x = pixels(photo)
    assert x.shape == (1, 3, 2, 3)
    assert x.dtype == torch.float32
    np.testing.assert_allclose(x[0, :, 1, 2], expected, rtol=0, atol=2e-5)
    assert torch.equal(x, pixels(torch.from_numpy(photo)))


def test_gray_photos_are_repeated_and_views_are_taken():
    gray = np.random.default_rng(0).integers(0, 256, (2, 4, 5, 1), dtype=np.uint8)[:, ::-1]
    gray.flags.writeable = False
    assert torch.equal(IMAGENET_PIXELS(gray), IMAGENET_PIXELS(gray.repeat(3, axis=3)))


@pytest.mark.parametrize(
    "photos",
    [
        np.zeros((4, 5, 3), np.uint8),
        np.zeros((1, 3, 4, 5), np.uint8),
        np.zeros((1, 4, 5, 3), np.float32),
        np.zeros((1, 4, 5, 4), np.uint8),
    ],
)
def test_other_arrays_are_refused(photos):
    with pytest.raises(ValueError, match="not uint8"):
        IMAGENET_PIXELS(photos)
