import numpy as np
import pytest

from placeprint.plots import draw_matches
from placeprint.plots.matches import GAP, INLIER

A = np.zeros((80, 100, 3), np.uint8)
B = np.full((60, 90, 3), 30, np.uint8)


def test_photos_stand_side_by_side_unscaled() -> None:
    drawn = draw_matches(A, B, np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0, bool))
    assert drawn.shape == (80, 100 + GAP + 90, 3)
    assert drawn.dtype == np.uint8
    assert (drawn[:, :100] == 0).all()
    assert (drawn[:60, 100 + GAP :] == 30).all()
    assert (drawn[:, 100 : 100 + GAP] == 255).all()
    assert (drawn[60:, 100 + GAP :] == 255).all()


def test_an_inlier_joins_its_two_features() -> None:
    drawn = draw_matches(A, B, [[20.0, 30.0]], [[50.0, 10.0]], [True])
    start, end = np.array([20.0, 30.0]), np.array([50.0 + 100 + GAP, 10.0])
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, y = np.round(start + share * (end - start)).astype(int)
        assert np.abs(drawn[y, x].astype(int) - INLIER).max() < 60, share
    changed = np.argwhere((drawn != draw_matches(A, B, [], [], [])).any(axis=2))[:, ::-1]
    assert changed.min(axis=0) == pytest.approx(np.array([20, 10]) - 4, abs=1.1)
    assert changed.max(axis=0) == pytest.approx(np.array([158, 30]) + 4, abs=1.1)


def test_endpoints_keep_their_fraction_of_a_pixel() -> None:
    plain = draw_matches(A, B, [], [], []).astype(int)
    centroids = []
    for x in (20.0, 20.5):
        drawn = draw_matches(A, B, [[x, 30.0]], [[50.0, 30.0]], [True]).astype(int)
        change = np.abs(drawn - plain).sum(axis=2)
        rim = change[20:27, 10:30].sum(axis=0)  # above the line: the left-hand disc alone
        centroids.append(float(np.average(np.arange(10, 30), weights=rim)))
    assert centroids[1] - centroids[0] == pytest.approx(0.5, abs=0.15)
    assert centroids[0] == pytest.approx(20.0, abs=0.15)


def test_outliers_are_fainter_and_below() -> None:
    inlier = draw_matches(A, B, [[20.0, 40.0]], [[50.0, 40.0]], [True])
    outlier = draw_matches(A, B, [[20.0, 40.0]], [[50.0, 40.0]], [False])
    assert 0 < outlier[:, :95].astype(int).sum() < 0.4 * inlier[:, :95].astype(int).sum()
    both = draw_matches(A, B, [[20.0, 40.0]] * 2, [[50.0, 40.0]] * 2, [True, False])
    assert (both[40, 40:90] == inlier[40, 40:90]).all()


def test_inputs_stay_untouched_and_lengths_are_checked() -> None:
    draw_matches(A, B, [[20.0, 30.0]], [[50.0, 10.0]], [True])
    assert not A.any()
    with pytest.raises(ValueError, match="2 inlier flags"):
        draw_matches(A, B, [[1.0, 1.0]], [[1.0, 1.0]], [True, False])
