"""What every augmentation promises, and what each one does to pictures whose answer is known."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from pydantic import ValidationError
from scipy.ndimage import gaussian_filter

from placeprint.arrays import Pixels
from placeprint.photos import load
from placeprint.training.images import augmentation as aug
from placeprint.training.images.augmentation import USUAL, Augmentation
from placeprint.training.images.augmentation.photometric import LUMA, color_matrix
from placeprint.training.images.augmentation.sensor import _smear

Change = Callable[[Pixels, np.random.Generator], Pixels]
CHANGES: list[Change] = [
    aug.photometric, aug.night, aug.fog, aug.rain, aug.snow, aug.gaussian_blur, aug.motion_blur, aug.noise,
    aug.jpeg, aug.resized_crop, aug.rotate, aug.erase,
]  # fmt: skip
ALL = Augmentation(
    crop=1, rotation=1, weather=1, night=1, blur=1, noise=1, photometric=1, compression=1, erasing=1
)


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def flat(level: int | tuple[int, int, int], shape: tuple[int, int] = (120, 160)) -> Pixels:
    return np.full((*shape, 3), level, np.uint8)


@pytest.fixture(scope="module")
def photo() -> Pixels:
    """Blobs of color over a gradient, none of them black or white."""
    blobs = cv2.GaussianBlur(rng(3).uniform(0, 255, (240, 320, 3)), (0, 0), 6)
    blobs = 128 + (blobs - blobs.mean()) / blobs.std() * 35 + np.linspace(30, -30, 240)[:, None, None]
    picture = np.clip(blobs, 5, 250).astype(np.uint8)
    picture.flags.writeable = False
    return picture


@pytest.mark.parametrize("change", [*CHANGES, ALL, USUAL], ids=str)
def test_same_shape_same_seed_same_photo_and_the_input_untouched(change: Change, photo: Pixels) -> None:
    inputs = [photo, photo[::2, ::-1], photo[:1, :1], photo[:2, :3], photo[:3, :90], photo[:200, :1]]
    for number, image in enumerate(inputs):
        before = image.copy()
        first, again = change(image, rng(number)), change(image, rng(number))
        assert first.shape == image.shape
        assert first.dtype == np.uint8
        assert np.array_equal(first, again)
        assert np.array_equal(image, before)
    if change is not USUAL:
        several = [change(photo, rng(seed)) for seed in range(4)]
        assert not any(np.array_equal(several[0], other) for other in several[1:])


def test_what_is_off_changes_nothing(photo: Pixels) -> None:
    for seed in range(5):
        assert Augmentation()(photo, rng(seed)) is photo
        for same in (
            aug.photometric(photo, rng(seed), 0.0),
            aug.fog(photo, rng(seed), 0.0),
            aug.noise(photo, rng(seed), 0.0),
            aug.gaussian_blur(photo, rng(seed), 0.0),
            aug.motion_blur(photo, rng(seed), 1.0),
            aug.resized_crop(photo, rng(seed), (1.0, 1.0), 1.0),
            aug.rotate(photo, rng(seed), 0.0),
        ):
            assert np.array_equal(same, photo)


@pytest.mark.parametrize("change", CHANGES[:-1], ids=str)
def test_black_and_white_do_not_wrap_around(change: Change) -> None:
    """A flat photo stays nearly flat but for lamps, drops and noise, so a wrapped value would be far off."""
    for seed in range(15):
        black, white = change(flat(0), rng(seed)), change(flat(255), rng(seed))
        if change in (aug.photometric, aug.jpeg, aug.rotate, aug.resized_crop):
            assert black.max() <= 2
            assert np.ptp(white, axis=(0, 1)).max() <= 2
        if change is aug.noise:
            assert black.max() <= 12 * 3
            assert white.min() >= 255 - 12 * 3
        if change is aug.night:
            assert np.median(black) <= 15
            assert white.min() < 200
        if change in (aug.fog, aug.rain, aug.snow):
            assert white.min() >= 185
            assert black.max() <= 245


def test_photometric_keeps_order_and_its_range(photo: Pixels) -> None:
    means = [aug.photometric(flat(100), rng(seed)).mean() for seed in range(200)]
    assert 25 < min(means) < 60
    assert 160 < max(means) < 255
    assert np.median(means) == pytest.approx(100, abs=15)
    weak = [aug.photometric(flat(100), rng(seed), 0.2).mean() for seed in range(50)]
    assert 80 < min(weak) < max(weak) < 125
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, 2)
    for seed in range(20):
        assert (np.diff(aug.photometric(ramp, rng(seed)).sum(2, dtype=int)) >= -2).all()


def test_colors_turn_around_gray() -> None:
    colors = rng(0).uniform(0, 1, (50, 3))
    gray = np.outer(colors @ LUMA, np.ones(3))
    assert np.allclose(colors @ color_matrix(0.0, 0.0).T, gray, atol=2e-3)
    turned = colors @ color_matrix(1.0, 0.7).T
    assert np.allclose(turned @ LUMA, colors @ LUMA)
    assert np.allclose(turned @ color_matrix(1.0, -0.7).T, colors)
    assert np.allclose(color_matrix(1.0, 2 * np.pi), np.eye(3))
    assert np.allclose(colors @ color_matrix(2.0, 0.0).T - gray, 2 * (colors - gray), atol=4e-3)


def test_night_is_dark_noisy_and_has_lamps(photo: Pixels) -> None:
    nights = [aug.night(photo, rng(seed)) for seed in range(40)]
    assert all(night.mean() < 0.7 * photo.mean() for night in nights)
    assert np.median([night.mean() for night in nights]) < 0.4 * photo.mean()
    lit = sum(cv2.blur(aug.night(flat(60, (480, 480)), rng(seed)), (9, 9)).max() > 120 for seed in range(40))
    assert 20 <= lit <= 36  # three in four have a lamp, and some of them are weak
    balance = [np.subtract(*night.mean((0, 1))[[0, 2]]) for night in nights]
    assert min(balance) < -2 < 2 < max(balance)
    grain = [
        np.diff(aug.night(flat(100), rng(seed)).astype(float), axis=1).std() / 2**0.5 for seed in range(9)
    ]
    assert 2.5 < min(grain) < max(grain) < 13


def test_fog_is_koschmieders_law_and_thickest_far_away(photo: Pixels) -> None:
    for seed in range(10):
        pair = [aug.fog(flat(level), rng(seed)).astype(float)[:, 0, 0] for level in (0, 200)]
        clear, veil = (pair[1] - pair[0]) / 200, pair[0]
        air = veil / np.maximum(1 - clear, 1e-9)
        assert 188 < np.median(air) < 237
        assert np.ptp(air[clear < 0.5]) < 5 if (clear < 0.5).any() else True
        horizon = clear.argmin() / 120
        assert 0.37 < horizon < 0.58
        assert clear[-1] > clear[0] > clear.min()
        assert (np.diff(clear[round(horizon * 120) + 1 :]) >= -0.006).all()
        foggy = aug.fog(photo, rng(seed)).astype(float)
        assert (foggy - foggy.mean(1, keepdims=True)).std() < 0.95 * (
            photo - photo.mean(1, keepdims=True)
        ).std()
    thin, thick = (aug.fog(photo, rng(0), density).std() for density in (0.2, 5.0))
    assert thick < 0.6 * thin
    far = aug.fog(flat(0), rng(0), 1.0)[:, 0, 0].max()
    assert far / aug.fog(flat(0), rng(0), 50.0)[:, 0, 0].max() == pytest.approx(1 - np.exp(-1), abs=0.01)


@pytest.mark.parametrize(("change", "least", "most"), [(aug.rain, 0.01, 0.5), (aug.snow, 0.01, 0.3)])
def test_rain_and_snow_are_bright_marks_on_a_part_of_the_photo(
    change: Change, least: float, most: float
) -> None:
    for seed in range(10):
        fallen = change(flat(40, (480, 480)), rng(seed))[:, :, 0].astype(int)
        above = fallen - np.median(fallen, axis=1, keepdims=True)
        assert least < (above > 10).mean() < most
        assert above.min() > -12
    tall = change(flat(40, (480, 480)), rng(1))[:, :, 0].astype(float)
    down, across = np.abs(np.diff(tall, axis=0)).mean(), np.abs(np.diff(tall, axis=1)).mean()
    assert down < 0.6 * across if change is aug.rain else down > 0.6 * across


def test_noise_is_gaussian_and_independent() -> None:
    added = aug.noise(flat(128, (400, 400)), rng(0), 8.0).astype(float) - 128
    assert abs(added.mean()) < 0.1
    assert added.std() == pytest.approx(8.0, rel=0.02)
    assert (np.abs(added) > 16).mean() == pytest.approx(0.0455, abs=0.01)
    a, b = added[:, 1:].ravel(), added[:, :-1].ravel()
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.01
    assert abs(np.corrcoef(added[..., 0].ravel(), added[..., 1].ravel())[0, 1]) < 0.01
    drawn = [aug.noise(flat(128), rng(seed)).std() for seed in range(40)]
    assert 1.5 < min(drawn) < 4 < 10 < max(drawn) < 13


def test_blur_spreads_a_point_as_far_as_it_should(photo: Pixels) -> None:
    for sigma in (0.5, 2.0, 5.0):
        expected = gaussian_filter(photo.astype(float), (sigma, sigma, 0), mode="nearest", truncate=3.0)
        assert np.abs(aug.gaussian_blur(photo, rng(0), sigma) - expected).max() < 1.6
    for length, angle in ((5.0, 0.0), (9.0, 0.6), (7.5, np.pi / 2), (3.0, -2.0)):
        kernel = _smear(length, angle).astype(float)
        v, u = np.mgrid[: len(kernel), : len(kernel)] - len(kernel) // 2
        along, beside = u * np.cos(angle) - v * np.sin(angle), u * np.sin(angle) + v * np.cos(angle)
        assert kernel.sum() == pytest.approx(1.0)
        assert (kernel * along).sum() == pytest.approx(0.0, abs=1e-6)
        assert (kernel * along**2).sum() == pytest.approx((length**2 - 1) / 12, rel=0.35, abs=0.3)
        assert (kernel * beside**2).sum() < 0.3
    assert np.allclose(_smear(5.0, 0.0)[3], [0, 0.2, 0.2, 0.2, 0.2, 0.2, 0], atol=0.08)


def test_jpeg_keeps_colors_and_loses_detail(photo: Pixels) -> None:
    red = aug.jpeg(flat((200, 30, 20)), rng(0), 60)
    assert np.abs(red.astype(int) - [200, 30, 20]).max() < 8
    grainy = aug.noise(photo, rng(0), 10.0)
    losses = [np.abs(aug.jpeg(grainy, rng(0), q).astype(int) - grainy).mean() for q in (95, 60, 20)]
    assert losses[0] < losses[1] < losses[2]


def test_crop_shows_a_part_at_the_same_size() -> None:
    across = np.repeat(np.repeat(np.linspace(0, 255, 256, dtype=np.uint8)[None, :, None], 128, 0), 3, 2)
    down = np.repeat(np.repeat(np.linspace(0, 255, 128).astype(np.uint8)[:, None, None], 256, 1), 3, 2)
    shares, ratios = [], []
    for seed in range(150):
        wide = np.ptp(aug.resized_crop(across, rng(seed), (0.3, 0.7))[:, :, 0].astype(int)) / 255
        high = np.ptp(aug.resized_crop(down, rng(seed), (0.3, 0.7))[:, :, 0].astype(int)) / 255
        shares.append(wide * high)
        ratios.append(wide / high)
    assert 0.27 < min(shares) < 0.36 < 0.64 < max(shares) < 0.73
    assert 0.7 < min(ratios) < 0.8 < 1.25 < max(ratios) < 1.42
    starts = [int(aug.resized_crop(across, rng(seed), (0.3, 0.7))[0, 0, 0]) for seed in range(50)]
    assert min(starts) < 20 < 60 < max(starts)


@pytest.mark.parametrize("size", [(250, 160), (160, 250)])
def test_a_turned_photo_has_no_empty_corner(size: tuple[int, int]) -> None:
    """A slope of gray stays one slope to the corners: nothing comes from outside the photo."""
    x, y = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    across, down = (np.repeat(gray.astype(np.uint8)[:, :, None], 3, 2) for gray in (x, y))
    plane = np.stack([x.ravel(), y.ravel(), np.ones(x.size)], axis=1).astype(float)
    angles = []
    for seed in range(20):
        (a, b, _), (c, d, _) = (
            np.linalg.lstsq(plane, aug.rotate(p, rng(seed), 10.0)[:, :, 0].ravel().astype(float))[0]
            for p in (across, down)
        )
        for slope, picture in (((a, b), across), ((c, d), down)):
            turned = aug.rotate(picture, rng(seed), 10.0)[:, :, 0].astype(float)
            rest = turned - x * slope[0] - y * slope[1]
            assert np.ptp(rest) < 3.0
        assert (a, b) == pytest.approx((d, -c), abs=1e-3)
        turn = abs(np.arctan2(b, a))
        assert 1 / np.hypot(a, b) == pytest.approx(np.cos(turn) + np.sin(turn) * 250 / 160, abs=2e-3)
        angles.append(np.degrees(np.arctan2(b, a)))
    assert -10.01 < min(angles) < -7 < 7 < max(angles) < 10.01
    picture = across
    with pytest.raises(ValueError, match="rotation"):
        aug.rotate(picture, rng(0), 60.0)


def test_erasing_covers_the_share_it_says() -> None:
    shares, ratios = [], []
    for seed in range(200):
        changed = (aug.erase(flat(128, (200, 200)), rng(seed)) != 128).any(2)
        rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
        assert changed[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].mean() > 0.99
        shares.append(len(rows) * len(columns) / 40_000)
        ratios.append(len(columns) / len(rows))
    assert 0.015 < min(shares) < 0.05 < 0.3 < max(shares) < 0.34
    assert np.mean(shares) == pytest.approx(0.175, abs=0.02)
    assert 0.28 < min(ratios) < 0.4 < 2.5 < max(ratios) < 3.5


def test_probabilities_are_met_and_settings_checked(photo: Pixels) -> None:
    small = photo[:16, :16]
    random, seldom = rng(0), Augmentation(noise=0.3)
    met = sum(seldom(small, random) is not small for _ in range(600))
    assert met / 600 == pytest.approx(0.3, abs=0.06)
    for wrong in ({"night": 1.5}, {"night": -0.1}, {"photometric_strength": 3.0}, {"fog": 0.5}):
        with pytest.raises(ValidationError):
            Augmentation(**wrong)
    with pytest.raises(ValidationError, match="frozen"):
        seldom.noise = 0.5  # type: ignore[misc]
    for image in (photo[:, :, 0], photo.astype(np.float32), photo[:0]):
        with pytest.raises(ValueError, match="is not an RGB photo"):
            seldom(image, random)  # type: ignore[arg-type]
    assert Augmentation(**USUAL.model_dump()) == USUAL


@pytest.mark.parametrize(
    ("named", "changes"),
    [
        ("crop", [aug.resized_crop]), ("rotation", [aug.rotate]), ("weather", [aug.fog, aug.rain, aug.snow]),
        ("night", [aug.night]), ("blur", [aug.gaussian_blur, aug.motion_blur]), ("noise", [aug.noise]),
        ("photometric", [aug.photometric]), ("compression", [aug.jpeg]), ("erasing", [aug.erase]),
    ],
)  # fmt: skip
def test_each_probability_is_of_its_change(named: str, changes: list[Change], photo: Pixels) -> None:
    made = set()
    for seed in range(12):
        random = rng(seed)
        random.integers(3), random.integers(2), random.random(9)
        state = random.bit_generator.state
        got = Augmentation(**{named: 1.0})(photo, rng(seed))
        for change in changes:
            random.bit_generator.state = state
            if np.array_equal(got, change(photo, random)):
                made.add(change)
                break
        else:
            pytest.fail(f"{named} made something else")
    assert made == set(changes)


def test_real_photos_stay_recognizable(real_photos: Path) -> None:
    paths = sorted((real_photos / "cambridge" / "val").glob("*.jpg"))[:6]
    images = [load(path, 240) for path in paths]
    own, others = [], []
    for seed, image in enumerate(images):
        thumbs = [cv2.resize(i, (24, 24), interpolation=cv2.INTER_AREA).mean(2).ravel() for i in images]
        changed = Augmentation(photometric=1, noise=1, compression=1)(image, rng(seed))
        seen = cv2.resize(changed, (24, 24), interpolation=cv2.INTER_AREA).mean(2).ravel()
        alike = [np.corrcoef(seen, thumb)[0, 1] for thumb in thumbs]
        own.append(alike[seed])
        others.append(max(alike[:seed] + alike[seed + 1 :]))
    assert min(own) > 0.9
    assert all(a > b for a, b in zip(own, others, strict=True))
