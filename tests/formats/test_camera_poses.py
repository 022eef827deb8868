"""The plane in which cameras lie, against distances, rotations and other planes."""

import numpy as np
import pytest
from colmap_models import matrix

from placeprint.arrays import Float64
from placeprint.formats.camera_poses import plane_axes


def rotation(seed: int) -> Float64:
    return matrix(np.random.default_rng(seed).normal(size=4))


def pairwise(points: Float64) -> Float64:
    return np.asarray(np.linalg.norm(points[:, None] - points[None], axis=-1))


@pytest.mark.parametrize("seed", range(5))
def test_the_plane_keeps_distances_and_level_axes(seed: int) -> None:
    level = np.random.default_rng(seed).normal(size=(30, 3)) * (30.0, 20.0, 0.0) + (4e5, 5e6, 40.0)
    axes = plane_axes(level)
    np.testing.assert_allclose(axes, [[1, 0, 0], [0, 1, 0]], atol=1e-12)
    turned = (level - level.mean(axis=0)) @ rotation(seed).T
    axes = plane_axes(turned)
    np.testing.assert_allclose(axes @ axes.T, np.eye(2), atol=1e-12)
    np.testing.assert_allclose(pairwise(turned @ axes.T), pairwise(level), rtol=1e-9, atol=1e-8)


@pytest.mark.parametrize("seed", range(6))
def test_axes_turn_no_more_than_the_plane_leans(seed: int) -> None:
    rng = np.random.default_rng(seed)
    flat = np.insert(rng.normal(size=(20, 2)), seed % 3, 0.0, axis=1)
    near = np.delete(np.eye(3), seed % 3, axis=0)
    np.testing.assert_allclose(plane_axes(flat), near, atol=1e-12)
    np.testing.assert_allclose(plane_axes(-flat), near, atol=1e-12)
    leaning = flat + 0.01 * rng.normal(size=flat.shape)
    np.testing.assert_allclose(plane_axes(leaning), near, atol=0.02)


@pytest.mark.parametrize("seed", range(5))
def test_no_other_plane_keeps_more_of_the_spread(seed: int) -> None:
    points = np.random.default_rng(seed).normal(size=(50, 3)) * (5.0, 3.0, 1.0) @ rotation(seed).T
    kept = np.square(pairwise(points @ plane_axes(points).T)).sum()
    for other in range(200):
        assert np.square(pairwise(points @ rotation(1000 + other)[:2].T)).sum() <= kept * (1 + 1e-12)


def test_one_and_two_cameras_have_a_plane() -> None:
    np.testing.assert_allclose(plane_axes(np.ones((1, 3))), [[1, 0, 0], [0, 1, 0]])
    two = np.array([[0.0, 0.0, 0.0], [3.0, 4.0, 12.0]])
    assert np.linalg.norm(np.diff(two @ plane_axes(two).T, axis=0)) == pytest.approx(13.0)
