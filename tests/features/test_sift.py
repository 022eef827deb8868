from dataclasses import replace

import cv2
import numpy as np
import pytest

from placeprint.features import RootSift, compress, expand, match, mirrored, root_sift, turned


@pytest.fixture(scope="module")
def texture():
    noise = np.random.default_rng(0).integers(0, 256, (60, 80), np.uint8)
    return np.repeat(cv2.resize(noise, (320, 240), interpolation=cv2.INTER_CUBIC)[..., None], 3, axis=2)


def blob(x, y, sigma, shape=(101, 121)):
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return (30 + 200 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * sigma**2))).astype(np.uint8)


@pytest.mark.parametrize(("x", "y"), [(50.0, 40.0), (62.3, 51.6)])
def test_a_blob_is_found_at_its_center_and_scale(x, y):
    found = RootSift(upright=True).detect(blob(x, y, 5.0))
    assert len(found) == 1
    assert np.abs(found.xy[0] - (x, y)).max() < 0.06
    # D = G(kσ) − G(σ) of a Gaussian blob of width s peaks at σ = s / √k, k = 2^(1/3).
    assert found.scale[0] == pytest.approx(5.0 / 2 ** (1 / 6), rel=0.03)
    assert found.size == (121, 101)


def test_rotating_the_image_turns_positions_and_angles_and_keeps_descriptors(texture):
    upright = RootSift(count=200).detect(texture)
    turned = RootSift(count=200).detect(np.rot90(texture, k=-1).copy())  # clockwise
    pairs = match(upright.descriptors, turned.descriptors)
    assert len(pairs) > 150
    left, right = pairs.T
    x, y = upright.xy[left].T
    expected = np.stack([texture.shape[0] - 1 - y, x], 1)
    assert np.median(np.linalg.norm(turned.xy[right] - expected, axis=1)) < 0.1
    turn = (turned.angle[right] - upright.angle[left] + 180) % 360 - 180
    assert np.median(turn) == pytest.approx(90, abs=1)


def test_strongest_first_at_most_count_and_unit_rows(texture):
    many, few = RootSift(count=400).detect(texture), RootSift(count=50).detect(texture)
    assert len(many) > 100
    assert len(few) == 50
    assert (np.diff(many.score) <= 0).all()
    assert many.descriptors.dtype == many.xy.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(many.descriptors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(few.score, many.score[:50])
    gray = cv2.cvtColor(texture, cv2.COLOR_RGB2GRAY)
    np.testing.assert_array_equal(RootSift(count=50).detect(gray).xy, few.xy)


def test_descriptors_are_those_of_opencv_at_the_same_keypoints(texture):
    features = RootSift(count=100).detect(texture)
    gray = cv2.cvtColor(texture, cv2.COLOR_RGB2GRAY)
    points, sifts = cv2.SIFT_create(enable_precise_upscale=True).detectAndCompute(gray, None)
    known = {
        (np.float32(p.pt[0]), np.float32(p.pt[1]), np.float32(p.angle)): s
        for p, s in zip(points, sifts, strict=True)
    }
    for (x, y), angle, descriptor in zip(features.xy, features.angle, features.descriptors, strict=True):
        raw = known[x, y, angle].astype(np.float64)
        np.testing.assert_allclose(descriptor, np.sqrt(raw / raw.sum()), atol=1e-6)


def test_upright_describes_each_keypoint_once_without_rotation(texture):
    features = RootSift(count=150, upright=True).detect(texture)
    assert len(features) == 150
    assert not features.angle.any()
    everything = RootSift(count=10_000, upright=True).detect(texture)
    assert len(everything) > 150
    np.testing.assert_allclose(features.score, everything.score[:150])
    assert len({(*p, s) for p, s in zip(features.xy.tolist(), features.scale.tolist(), strict=True)}) == 150
    turned = RootSift(count=150, upright=True).detect(np.rot90(texture).copy())
    assert len(match(features.descriptors, turned.descriptors)) < 30


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 200, 3), (90, 120, 3), (90, 120)])
@pytest.mark.parametrize("upright", [False, True])
def test_an_image_without_features_gives_empty_arrays(shape, upright):
    found = RootSift(upright=upright).detect(np.full(shape, 127, np.uint8))
    assert len(found) == 0
    assert found.descriptors.shape == (0, 128)
    assert found.xy.shape == (0, 2)
    assert found.size == (shape[1], shape[0])


def test_root_sift_compares_by_the_hellinger_kernel():
    x, y = np.random.default_rng(1).integers(0, 256, (2, 20, 128)).astype(np.float64)
    hellinger = np.sqrt((x / x.sum(1, keepdims=True)) * (y / y.sum(1, keepdims=True))).sum(1)
    np.testing.assert_allclose((root_sift(x) * root_sift(y)).sum(1), hellinger, rtol=1e-5)
    assert not root_sift(np.zeros((2, 128))).any()


def test_bytes_stay_within_the_stated_error():
    rows = root_sift(np.random.default_rng(2).integers(0, 220, (300, 128)))
    assert rows.max() < 0.498
    compact = compress(rows)
    assert compact.dtype == np.uint8
    np.testing.assert_array_equal(compress(np.ones((1, 128), np.float32)), 255)
    assert np.abs(compact / 512 - rows).max() <= 1 / 1024 + 1e-7
    back = expand(compact)
    assert np.linalg.norm(back - rows, axis=1).max() < 0.012
    np.testing.assert_allclose(np.linalg.norm(back, axis=1), 1, atol=1e-6)
    assert not expand(np.zeros((1, 128), np.uint8)).any()


def test_two_photos_of_one_street_match_along_the_epipolar_geometry(real_photos):
    """Two neighboring frames: most matches agree with one fundamental matrix."""
    folder = sorted((real_photos / "strecha").iterdir())
    photos = next(sorted(p.rglob("*.jpg")) for p in folder if p.is_dir() and len(list(p.rglob("*.jpg"))) > 1)
    a, b = (RootSift().detect(cv2.imread(str(p))[..., ::-1].copy()) for p in photos[:2])
    left, right = match(a.descriptors, b.descriptors).T
    _, inliers = cv2.findFundamentalMat(a.xy[left], b.xy[right], cv2.USAC_MAGSAC, 1.5, 0.999, 10_000)
    assert len(left) > 100
    assert inliers.mean() > 0.8


@pytest.mark.parametrize("upright", [True, False])
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (lambda image: image[:, ::-1], mirrored),
        (lambda image: np.rot90(image, -1), turned),
        (lambda image: np.rot90(image, -2), lambda features: turned(features, 2)),
        (lambda image: np.rot90(image, -3), lambda features: turned(features, 3)),
    ],
)
def test_features_of_a_mirrored_or_turned_photo_are_known_without_it(texture, changed, said, upright):
    image = texture[:200]
    detector = RootSift(count=200, upright=upright)
    expected = detector.detect(np.ascontiguousarray(changed(image)))
    found = said(detector.detect(image))
    assert found.size == expected.size
    pairs = match(found.descriptors, expected.descriptors, ratio=None)
    assert len(pairs) >= 180
    moved = np.hypot(*(found.xy[pairs[:, 0]] - expected.xy[pairs[:, 1]]).T)
    assert np.mean(moved < 0.5) > 0.95
    off = found.descriptors[pairs[:, 0]] - expected.descriptors[pairs[:, 1]]
    assert np.median(np.linalg.norm(off, axis=1)) < 0.02
    turn = (found.angle[pairs[:, 0]] - expected.angle[pairs[:, 1]] + 180) % 360 - 180
    assert np.median(np.abs(turn)) < 0.5
    if not upright:
        return
    compact = replace(detector.detect(image), descriptors=compress(detector.detect(image).descriptors))
    np.testing.assert_array_equal(said(compact).descriptors, compress(found.descriptors))
