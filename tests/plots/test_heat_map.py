import numpy as np
import pytest

from placeprint.plots.heat_map import (
    AGAINST,
    FAINTEST,
    FOR,
    GAP,
    heat_limit,
    heat_map,
    pair_figure,
    photo_figure,
)

DARK = np.zeros((4, 5, 3), np.uint8)
BRIGHTEST, DARKEST = np.array([252, 255, 164]), np.array([0, 0, 4])  # the ends of inferno


def test_heat_goes_through_inferno_over_the_gray_photo():
    heat = np.zeros((4, 5))
    heat[0, 0], heat[1, 1], heat[2, 2] = 2.0, 5.0, -3.0
    drawn = heat_map(DARK, heat, alpha=0.5, limit=2.0)
    np.testing.assert_array_equal(drawn[0, 0], np.round(0.5 * BRIGHTEST))
    np.testing.assert_array_equal(drawn[1, 1], drawn[0, 0])  # beyond the limit
    np.testing.assert_array_equal(drawn[2, 2], drawn[3, 3])  # negative counts as 0
    np.testing.assert_array_equal(drawn[3, 3], np.round(0.5 * FAINTEST * DARKEST))
    photo = np.full((4, 5, 3), (200, 100, 50), np.uint8)
    gray = 0.299 * 200 + 0.587 * 100 + 0.114 * 50
    faint = 0.5 * FAINTEST
    drawn = heat_map(photo, heat, alpha=0.5, limit=2.0)
    np.testing.assert_array_equal(drawn[3, 3], np.round((1 - faint) * gray + faint * DARKEST))
    halfway = heat_map(DARK, np.full((4, 5), 1.0), alpha=1.0, limit=2.0)[0, 0]
    assert halfway[0] > max(halfway[1], halfway[2])  # red in the middle


def test_lightness_grows_with_heat():
    heat = np.linspace(0, 1, 64)[None].repeat(2, axis=0)
    drawn = heat_map(np.zeros((2, 64, 3), np.uint8), heat, alpha=1.0, limit=1.0)
    light = drawn[0] @ np.array([0.299, 0.587, 0.114])
    assert (np.diff(light) > -0.6).all()
    assert light[-1] > 230


def test_signed_heat_is_vermilion_for_and_blue_against():
    heat = np.array([[1.0, -1.0, 0.0, 0.5, -4.0]]).repeat(4, axis=0)
    photo = np.full((4, 5, 3), 100, np.uint8)
    drawn = heat_map(photo, heat, alpha=1.0, limit=1.0, signed=True)
    np.testing.assert_array_equal(drawn[0, 0], FOR)
    np.testing.assert_array_equal(drawn[0, 1], AGAINST)
    np.testing.assert_array_equal(drawn[0, 2], (100, 100, 100))
    pale = 255 + (np.array(FOR) - 255) * 0.5
    np.testing.assert_array_equal(drawn[0, 3], np.round(50 + pale * 0.5))
    np.testing.assert_array_equal(drawn[0, 4], AGAINST)


def test_the_limit_is_robust_and_common_to_both_photos():
    heat = np.arange(-50.0, 101.0)[None]
    assert heat_limit([heat]) == pytest.approx(np.percentile(np.arange(1.0, 101.0), 99))
    assert heat_limit([heat], signed=True) == pytest.approx(np.percentile(np.abs(heat[heat != 0]), 99))
    assert heat_limit([heat[:, :100], heat[:, 100:]]) == heat_limit([heat])
    assert heat_limit([-np.ones((3, 3))]) == 0.0
    np.testing.assert_array_equal(
        heat_map(DARK, np.zeros((4, 5))), heat_map(DARK, np.zeros((4, 5)), limit=1.0)
    )
    np.testing.assert_array_equal(
        heat_map(DARK, np.full((4, 5), 3.0)), heat_map(DARK, np.full((4, 5), 3.0), limit=3.0)
    )


def test_a_pair_stands_side_by_side_above_its_heat():
    rng = np.random.default_rng(0)
    query = rng.integers(0, 256, (480, 480, 3)).astype(np.uint8)
    reference = rng.integers(0, 256, (240, 640, 3)).astype(np.uint8)
    hot, mild = rng.uniform(0, 1, (480, 480)), rng.uniform(0, 0.5, (240, 640))
    figure = pair_figure(query, reference, hot, mild, "query.jpg and reference.jpg\nsimilarity 0.5")
    assert figure.dtype == np.uint8
    assert figure.shape[1] == 480 + GAP + 640
    limit = heat_limit([hot, mild])
    lower = 480 + GAP
    np.testing.assert_array_equal(figure[:480, :480], query)
    np.testing.assert_array_equal(figure[:240, 480 + GAP :], reference)
    np.testing.assert_array_equal(figure[lower : lower + 480, :480], heat_map(query, hot, limit=limit))
    np.testing.assert_array_equal(
        figure[lower : lower + 240, 480 + GAP :], heat_map(reference, mild, limit=limit)
    )
    assert (figure[:, 480 : 480 + GAP][: lower + 480] == 255).all()
    assert (figure[240:480, 480:] == 255).all()
    foot = figure[2 * lower :]
    assert (foot < 128).any(axis=(1, 2)).sum() > 20  # three lines of text
    again = pair_figure(query, reference, hot, mild, "query.jpg and reference.jpg\nsimilarity 0.5")
    np.testing.assert_array_equal(figure, again)
    bare = pair_figure(query, reference, hot, mild)
    np.testing.assert_array_equal(bare[: 2 * lower], figure[: 2 * lower])
    assert len(bare) < len(figure)


def test_one_photo_and_its_heat():
    photo = np.full((48, 64, 3), 90, np.uint8)
    heat = np.linspace(-1, 1, 48 * 64).reshape(48, 64)
    figure = photo_figure(photo, heat, "alone", signed=True)
    assert figure.shape[1] == 640
    assert (figure[:480] == 90).all()
    lower = figure[480 + GAP : 2 * 480 + GAP].astype(int)
    assert (lower[:100, :, 2] > lower[:100, :, 0]).all()
    assert (lower[-100:, :, 0] > lower[-100:, :, 2]).all()


def test_heat_of_another_shape_is_an_error():
    with pytest.raises(ValueError, match="does not match"):
        heat_map(DARK, np.zeros((5, 4)))
