"""Views cut from a panorama's side faces, against a scene whose color is a formula of the direction."""

import csv
import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from placeprint.photos import load
from placeprint.photos.cube_views import inside, perspective, widest

SIDE = 240


def directions(heading: float, pitch: float, fov: float, size: tuple[int, int]) -> NDArray[np.float64]:
    """East, north, up of every pixel, by rotation matrices."""
    width, height = size
    focal = width / 2 / math.tan(math.radians(fov) / 2)
    x, y = np.meshgrid(np.arange(width) + 0.5 - width / 2, np.arange(height) + 0.5 - height / 2)
    rays = np.stack([x / focal, np.ones_like(x), -y / focal], axis=-1)
    a, b = math.radians(-heading), math.radians(pitch)
    turn = np.array([[math.cos(a), -math.sin(a), 0], [math.sin(a), math.cos(a), 0], [0, 0, 1]])
    lean = np.array([[1, 0, 0], [0, math.cos(b), -math.sin(b)], [0, math.sin(b), math.cos(b)]])
    seen = rays @ (turn @ lean).T
    return seen / np.linalg.norm(seen, axis=-1, keepdims=True)


def scene(heading: float, pitch: float, fov: float, size: tuple[int, int]) -> NDArray[np.float64]:
    waves = np.array([[5.0, 3.0, 2.0], [-4.0, 6.0, 3.0], [2.0, -5.0, 6.0]])
    phase = np.array([0.3, 1.1, 2.0])
    return 128.0 + 110.0 * np.sin(directions(heading, pitch, fov, size) @ waves.T + phase)


def faces(first: float = 0.0, side: int = SIDE) -> list[NDArray[np.uint8]]:
    return [np.rint(scene(first + 90 * k, 0, 90, (side, side))).astype(np.uint8) for k in range(4)]


FACES = {0.0: faces(0.0), 37.5: faces(37.5)}


@given(
    heading=st.floats(-480, 480),
    pitch=st.floats(-30, 30),
    part=st.floats(0.1, 1.0),
    size=st.sampled_from([(200, 200), (160, 120), (75, 100), (481, 97)]),
    first=st.sampled_from([0.0, 37.5]),
)
@settings(max_examples=40, deadline=None)
def test_any_view_is_the_scene(
    heading: float, pitch: float, part: float, size: tuple[int, int], first: float
) -> None:
    fov = part * min(widest(heading, pitch, size[0] / size[1], first), 120.0)
    view = perspective(FACES[first], heading, pitch, fov, size, first)
    difference = np.abs(view - scene(heading, pitch, fov, size))
    assert view.shape == (size[1], size[0], 3)
    assert difference.max() < 4.0
    assert difference.mean() < 0.6


def test_a_face_comes_back_as_it_is_and_a_quarter_turn_is_the_next_face() -> None:
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 256, (96, 96, 3), dtype=np.uint8) for _ in range(4)]
    for k in range(4):
        assert np.array_equal(perspective(noise, 90.0 * k + 11.0, 0, 90, (96, 96), 11.0), noise[k])
    turned = [*noise[1:], noise[0]]
    for heading in (0.0, 33.0, 200.0, 359.5):
        there = perspective(noise, heading + 90.0, 5.0, 55.0, (80, 60))
        assert np.array_equal(there, perspective(turned, heading, 5.0, 55.0, (80, 60)))
        assert np.array_equal(there, perspective(noise, heading + 97.0, 5.0, 55.0, (80, 60), 7.0))


def test_a_seam_is_not_seen() -> None:
    view = perspective(FACES[0.0], 45.0, 0.0, 70.0, (400, 400)).astype(float)
    expected = scene(45.0, 0.0, 70.0, (400, 400))
    step, true = np.diff(view, axis=1), np.diff(expected, axis=1)
    assert np.abs(step - true)[:, 195:205].max() < 3.5
    assert np.abs(view - expected)[:, 195:205].mean() < 0.6


def test_fine_detail_is_averaged_and_not_sampled() -> None:
    rng = np.random.default_rng(1)
    stipple = [rng.integers(0, 2, (480, 480, 1), dtype=np.uint8).repeat(3, 2) * 255 for _ in range(4)]
    view = perspective(stipple, 20.0, 3.0, 60.0, (48, 48))
    assert abs(view.mean() - 127.5) < 1.5
    assert view.std() < 25.0  # one sample a pixel: 80 and more
    shifted = scene(20.0, 3.0, 60.0, (48, 48))
    assert np.abs(perspective(faces(side=480), 20.0, 3.0, 60.0, (48, 48)) - shifted).max() < 4.0


def test_what_fits() -> None:
    at_seam = math.degrees(2 * math.atan(math.sqrt(0.5)))
    assert widest(45.0, 0.0) == pytest.approx(at_seam, abs=1e-6)
    assert widest(0.0, 0.0) == widest(270.0, 0.0) == pytest.approx(90.0, abs=1e-6)
    assert widest(0.0, 0.0, 2.0) > 90.0
    assert widest(12.0, 0.0, first_heading=12.0) == pytest.approx(90.0, abs=1e-6)
    assert all(inside(heading, 0.0, 70.5) for heading in range(0, 360, 5))
    assert not inside(45.0, 0.0, 70.6)
    assert not inside(1.0, 0.0, 90.0)
    assert widest(0.0, 50.0) == widest(10.0, -60.0) == 0.0


@given(st.floats(0, 360), st.floats(-50, 50), st.floats(5, 130), st.sampled_from([0.75, 1.0, 2.0]))
@settings(max_examples=80, deadline=None)
def test_inside_is_that_no_ray_looks_up_or_down_a_face(
    heading: float, pitch: float, fov: float, aspect: float
) -> None:
    seen = np.abs(directions(heading, pitch, fov, (round(200 * aspect), 200)))
    over = (seen[..., 2] - np.maximum(seen[..., 0], seen[..., 1])).max()
    if abs(over) > 0.03:  # the rays are a grid: too near to tell
        assert inside(heading, pitch, fov, aspect) == (over < 0)


def test_what_cannot_be_cut_is_refused() -> None:
    four = FACES[0.0]
    with pytest.raises(ValueError, match=r"widest view that fits there is 90"):
        perspective(four, 0.0, 0.0, 91.0)
    with pytest.raises(ValueError, match="3 faces"):
        perspective(four[:3], 0.0, 0.0, 70.0)
    with pytest.raises(ValueError, match="not square RGB"):
        perspective([face[:100] for face in four], 0.0, 0.0, 70.0)
    with pytest.raises(ValueError, match="uint8"):
        perspective([face.astype(float) for face in four], 0.0, 0.0, 70.0)  # type: ignore[misc]
    for fov, pitch in ((0.0, 0.0), (180.0, 0.0), (70.0, 90.0)):
        with pytest.raises(ValueError, match=r"no view has (a field of view|heading)"):
            inside(0.0, pitch, fov)
    with pytest.raises(ValueError, match="0 x 10"):
        perspective(four, 0.0, 0.0, 70.0, (0, 10))
    assert perspective(four, 5.0, 0.0, 70.0, (1, 1)).shape == (1, 1, 3)


def test_real_faces_are_found_in_views_between_them(real_photos: Path) -> None:
    folder = real_photos / "cambridge"
    with (folder / "photos.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "val"][:12]
    for start in range(0, 12, 4):
        four = [load(folder / row["path"]) for row in rows[start : start + 4]]
        assert [row["heading"] for row in rows[start : start + 4]] == ["0", "90", "180", "270"]
        side = len(four[0])
        view = perspective(four, 45.0, 0.0, 70.0, (400, 400))
        for k, heading in ((0, 0.0), (1, 90.0)):
            # of two pinhole cameras that only turn, one picture is a homography of the other
            f, g = 200 / math.tan(math.radians(35)), side / 2
            a = math.radians(45.0 - heading)
            turn = np.array([[math.cos(a), 0, math.sin(a)], [0, 1, 0], [-math.sin(a), 0, math.cos(a)]])
            camera = np.array([[f, 0, 199.5], [0, f, 199.5], [0, 0, 1]])
            face = np.array([[g, 0, g - 0.5], [0, g, g - 0.5], [0, 0, 1]])
            back = face @ turn @ np.linalg.inv(camera)
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            warped = cv2.warpPerspective(four[k], back, (400, 400), flags=flags)
            half = slice(10, 195) if k == 0 else slice(205, 390)
            ours, theirs = (p[:, half].ravel().astype(float) for p in (view, warped))
            assert np.corrcoef(ours, theirs)[0, 1] > 0.97
        # a narrow view at 20° is, unwarped, a patch of the face at (1 + tan 20°) / 2 of its width
        patch = perspective(four, 20.0, 0.0, 12.0, (64, 64))
        scale = g * 2 * math.tan(math.radians(6)) / math.cos(math.radians(20))
        small = cv2.resize(patch, (round(scale / math.cos(math.radians(20))), round(scale)))
        found = cv2.matchTemplate(four[0], small, cv2.TM_CCOEFF_NORMED)
        _, best, _, (x, _) = cv2.minMaxLoc(found)
        if small.std() > 15:
            assert best > 0.9
            assert abs(x + small.shape[1] / 2 - g * (1 + math.tan(math.radians(20)))) < 3
