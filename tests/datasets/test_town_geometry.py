"""The ray caster against hand-written geometry: what is where in the picture, and how far away."""

from math import cos, radians, sin, tan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from placeprint.datasets.town import Camera, Lens, Town, View
from placeprint.datasets.town.camera import FAR, SAMPLES, rays
from placeprint.datasets.town.painting.texture import halve
from placeprint.datasets.town.painting.walls import Walls

FIRST_SAMPLE = 0.5 / SAMPLES - 0.5  # where in the pixel the sample lies whose depth is reported


@pytest.fixture(scope="module")
def town() -> Town:
    return Town(seed=3, blocks=(2, 2))


def pinhole(camera: Camera, point: tuple[float, float, float]) -> tuple[float, float]:
    """Column and row of a point, written out for a lens without distortion and no roll."""
    dx, dy, dz = point[0] - camera.east, point[1] - camera.north, point[2] - camera.height
    h, p = radians(camera.heading), radians(camera.pitch)
    forward = (sin(h) * cos(p), cos(h) * cos(p), sin(p))
    right = (cos(h), -sin(h), 0.0)
    up = (-sin(h) * sin(p), -cos(h) * sin(p), cos(p))
    z, x, y = (dx * axis[0] + dy * axis[1] + dz * axis[2] for axis in (forward, right, up))
    focal = camera.lens.width / 2 / tan(radians(camera.lens.field_of_view / 2))
    return (camera.lens.width - 1) / 2 + focal * x / z, (camera.lens.height - 1) / 2 - focal * y / z


@given(
    st.floats(0, 360),
    st.floats(-30, 30),
    st.floats(-8, 8),
    st.floats(-5, 5),
    st.floats(2, 90),
    st.floats(40, 100),
)
def test_projection_is_the_pinhole(
    heading: float, pitch: float, left: float, up: float, ahead: float, field: float
) -> None:
    camera = Camera(12.0, -7.0, heading, 1.7, pitch, lens=Lens(field_of_view=field))
    h = radians(heading)
    point = (12 + ahead * sin(h) - left * cos(h), -7 + ahead * cos(h) + left * sin(h), 1.7 + up)
    if ahead * cos(radians(pitch)) + up * sin(radians(pitch)) > 0.5:
        np.testing.assert_allclose(camera.project(point)[0], pinhole(camera, point), atol=1e-6)


@given(st.floats(-30, 30), st.floats(-20, 20), st.floats(-0.08, 0.08), st.integers(0, 4799))
def test_a_pixels_ray_projects_back_to_it(pitch: float, roll: float, bend: float, pixel: int) -> None:
    lens = Lens(80, 60, 65.0, distortion=round(bend, 2))
    camera = Camera(5.0, 6.0, 33.0, 1.6, round(pitch), round(roll), lens)
    beams = rays(lens, camera.pitch, camera.roll, 1)
    across, rise = float(beams.across[pixel]), float(beams.rise[pixel])
    sine, cosine = sin(radians(33.0)), cos(radians(33.0))
    point = (5 + 9 * (sine + across * cosine), 6 + 9 * (cosine - across * sine), 1.6 + 9 * rise)
    np.testing.assert_allclose(camera.project(point)[0], (pixel % 80, pixel // 80), atol=2e-3)


def naive_depth(camera: Camera, walls: Walls, across: float, rise: float) -> float:
    """Depth of the nearest opaque wall that a ray meets, one wall after the other."""
    sine, cosine = sin(radians(camera.heading)), cos(radians(camera.heading))
    direction = np.array((sine + across * cosine, cosine - across * sine))
    nearest = FAR
    for a, b, solid in zip(walls.a, walls.b, walls.solid, strict=True):
        matrix = np.stack([direction, a - b], axis=1)
        if abs(np.linalg.det(matrix)) < 1e-9:
            continue
        depth, along = np.linalg.solve(matrix, a - (camera.east, camera.north))
        height = camera.height + depth * rise
        if depth > 0.2 and 0 <= along <= 1 and 0.6 <= height < solid and depth < nearest:
            nearest = depth
    return nearest


@pytest.mark.parametrize("pitch", [0.0, 6.0])
def test_depth_is_that_of_a_naive_loop(town: Town, pitch: float) -> None:
    compared = 0
    for view in town.views(spacing=14.0)[::7]:
        view = town.shifted(view, pitch=pitch)
        camera, seen = view.camera, town.surfaces(view)
        walls = town.walls(camera)
        beams = rays(camera.lens, pitch, 0.0, SAMPLES)
        row = camera.lens.height // 2 - 3
        for column in range(2, camera.lens.width, 31):
            wall = seen.wall[row, column]
            if wall < 0 or walls.solid[wall] == 0:
                continue
            sample = row * SAMPLES * camera.lens.width * SAMPLES + column * SAMPLES
            height = camera.height + float(seen.depth[row, column] * beams.rise[sample])
            if not 0.7 < height < walls.solid[wall] - 0.1:
                continue
            expected = naive_depth(camera, walls, float(beams.across[sample]), float(beams.rise[sample]))
            assert seen.depth[row, column] == pytest.approx(expected, rel=2e-4, abs=2e-3)
            compared += 1
    assert compared > 40


def neighbors(walls: Walls, one: int, two: int) -> tuple[float, float] | None:
    """The foot of the edge where two fronts side by side meet."""
    for p, q in ((one, two), (two, one)):
        if np.allclose(walls.b[p], walls.a[q]) and walls.solid[one] > 3 and walls.solid[two] > 3:
            return float(walls.b[p][0]), float(walls.b[p][1])
    return None


@pytest.mark.parametrize(
    "lens", [Lens(), Lens(field_of_view=80.0), Lens(distortion=-0.04)], ids=["plain", "wide", "barrel"]
)
@pytest.mark.parametrize("pitch", [0.0, -5.0])
def test_house_corners_stand_where_they_project(town: Town, lens: Lens, pitch: float) -> None:
    errors = []
    for view in town.views(spacing=9.0, lens=lens)[::3]:
        view = town.shifted(view, pitch=pitch)
        seen, walls = town.surfaces(view), town.walls(view.camera)
        row = lens.height // 2
        line: NDArray[np.int32] = seen.wall[row]
        for column in np.flatnonzero((line[1:] != line[:-1]) & (line[1:] >= 0) & (line[:-1] >= 0)):
            foot = neighbors(walls, int(line[column]), int(line[column + 1]))
            if foot is None:
                continue
            rise = rays(lens, pitch, 0.0, 1).rise[row * lens.width + column]
            point = (*foot, view.camera.height + float(rise * seen.depth[row, column]))
            x, _ = view.camera.project(point)[0] if lens.distortion else pinhole(view.camera, point)
            errors.append(column + 0.5 + FIRST_SAMPLE - x)
    assert len(errors) > 25
    assert np.abs(errors).max() < 1.2
    assert abs(np.mean(errors)) < 0.3


def test_walls_stand_on_the_ground(town: Town) -> None:
    errors = []
    for view in town.views(spacing=12.0)[::3]:
        seen = town.surfaces(view)
        for column in range(5, 320, 45):
            rows = np.flatnonzero((seen.wall[1:, column] == -1) & (seen.wall[:-1, column] >= 0))
            if len(rows) != 1 or town.walls(view.camera).solid[seen.wall[rows[0], column]] < 3:
                continue
            depth = float(seen.depth[rows[0], column])
            focal = 160 / tan(radians(35))
            errors.append(rows[0] + 0.5 - (119.5 + focal * view.camera.height / depth))
    assert len(errors) > 25
    assert np.abs(errors).max() < 1.5
    assert abs(np.mean(errors)) < 0.4


def test_a_front_shows_its_own_texture(town: Town) -> None:
    """Straight before a house, the picture is the facade's texture, seen through the pinhole."""
    house = next(h for h in town.plan.houses if not any(h.corner))
    a, b = np.array(house.a), np.array(house.b)
    along = (b - a) / np.linalg.norm(b - a)
    outward = np.array((along[1], -along[0]))
    eye = (a + b) / 2 + 4.5 * outward
    heading = float(np.degrees(np.arctan2(-outward[0], -outward[1]))) % 360
    view = town.view(Camera(float(eye[0]), float(eye[1]), heading, lens=Lens(field_of_view=40.0)))
    seen = town.surfaces(view)
    texture = town.texture(house.facade)
    packed = seen.texels.view(np.uint8).reshape(240, 320, 4)[..., :3]
    focal, top = 160 / tan(radians(20)), town.plan.facades[house.facade].top
    errors: dict[tuple[int, int], list[float]] = {}
    walls = town.walls(view.camera)
    for row in range(20, 190, 5):
        for column in range(60, 260, 5):
            x = (column - 159.5) / focal * 4.5 / np.linalg.norm(b - a) + 0.5
            z = 1.6 - (row - 119.5) / focal * 4.5
            if seen.wall[row, column] >= 0 and np.allclose(walls.a[seen.wall[row, column]], a):
                u, v = x * texture.shape[1], (1 - z / top) * texture.shape[0]
                for shift in [(0, 0), (2, 0), (-2, 0), (0, 2), (0, -2)]:
                    texel = texture[int(v) + shift[0], int(u) + shift[1], :3].astype(float)
                    errors.setdefault(shift, []).append(np.abs(texel - packed[row, column]).mean())
    means = {shift: np.mean(values) for shift, values in errors.items()}
    assert len(errors[(0, 0)]) > 500
    assert min(means, key=lambda shift: means[shift]) == (0, 0)
    assert means[(0, 0)] < 8.0


def test_mip_levels_are_means_of_what_is_solid() -> None:
    texels = np.array([[[10, 20, 30, 255], [30, 40, 50, 255], [99, 99, 99, 0], [8, 8, 8, 200]]], np.uint8)
    np.testing.assert_array_equal(halve(texels, 1), [[[20, 30, 40, 255], [8, 8, 8, 200]]])


def test_a_steep_camera_is_refused() -> None:
    with pytest.raises(ValueError, match="35"):
        Camera(0, 0, 0, pitch=50)


def test_positions_are_true_meters(town: Town) -> None:
    view = town.views()[10]
    moved: View = town.shifted(view, ahead=3.0, right=4.0)
    assert view.point.distance(moved.point) == pytest.approx(5.0, abs=1e-3)
    assert (view.point.bearing(moved.point) - view.heading) % 360 == pytest.approx(
        np.degrees(np.arctan2(4, 3)), abs=0.05
    )
