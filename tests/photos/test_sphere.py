"""Photos all around: what a file says; views against a scene whose color is a formula of the direction."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from photo_files import XMP_HEAD, exif, gps, jpeg, xmp
from PIL import Image

from placeprint.photos import Sphere, find, read_info, sphere_views
from placeprint.photos.cube_views import perspective

Rays = NDArray[np.float64]
FULL = (1440, 720)


def rotation(heading: float, pitch: float, roll: float) -> Rays:
    """Columns: right, forward, up of a camera in (east, north, up), by three elementary rotations."""
    a, b, c = (math.radians(x) for x in (-heading, pitch, roll))
    turn = np.array([[math.cos(a), -math.sin(a), 0], [math.sin(a), math.cos(a), 0], [0, 0, 1]])
    lean = np.array([[1, 0, 0], [0, math.cos(b), -math.sin(b)], [0, math.sin(b), math.cos(b)]])
    # rolled clockwise as seen from behind, so that the horizon turns counterclockwise in the picture
    tilt = np.array([[math.cos(c), 0, math.sin(c)], [0, 1, 0], [-math.sin(c), 0, math.cos(c)]])
    return turn @ lean @ tilt


def color(rays: Rays) -> Rays:
    waves = np.array([[5.0, 3.0, 2.0], [-4.0, 6.0, 3.0], [2.0, -5.0, 6.0]])
    unit = rays / np.linalg.norm(rays, axis=-1, keepdims=True)
    return 128.0 + 110.0 * np.sin(unit @ waves.T + np.array([0.3, 1.1, 2.0]))


def panorama(sphere: Sphere) -> NDArray[np.uint8]:
    """The equirectangular picture: longitude and latitude of each pixel in closed form, then turned."""
    (width, height), (left, top, wide, high) = sphere.full, sphere.cropped
    lon = ((np.arange(wide) + left + 0.5) / width - 0.5) * 2 * np.pi
    lat = (0.5 - (np.arange(high) + top + 0.5) / height) * np.pi
    lon, lat = np.meshgrid(lon, lat)
    camera = np.stack([np.cos(lat) * np.sin(lon), np.cos(lat) * np.cos(lon), np.sin(lat)], axis=-1)
    world = camera @ rotation(sphere.heading or 0.0, sphere.pitch, sphere.roll).T
    return np.rint(color(world)).astype(np.uint8)


def expected(heading: float, pitch: float, fov: float, size: int) -> Rays:
    x, y = np.meshgrid(np.arange(size) + 0.5 - size / 2, np.arange(size) + 0.5 - size / 2)
    focal = size / 2 / math.tan(math.radians(fov) / 2)
    rays = np.stack([x / focal, np.ones_like(x), -y / focal], axis=-1)
    return color(rays @ rotation(heading, pitch, 0.0).T)


@given(
    st.floats(0, 359), st.floats(-40, 40), st.floats(-50, 50), st.floats(-720, 720), st.floats(40, 110),
    st.floats(-30, 30),
)  # fmt: skip
@settings(max_examples=12, deadline=None)
def test_any_view_of_any_sphere_is_the_scene(
    pose: float, pitch: float, roll: float, heading: float, fov: float, upwards: float
) -> None:
    sphere = Sphere(FULL, (0, 0, *FULL), pose, pitch, roll)
    ((turned, view),) = sphere_views(panorama(sphere), sphere, [heading], fov, upwards, longest=160)
    assert turned == pytest.approx(heading % 360.0)
    difference = np.abs(view - expected(heading, upwards, fov, len(view)))
    assert difference.max() < 6.0
    assert difference.mean() < 0.8


def test_four_views_by_default_from_the_middle_clockwise() -> None:
    sphere = Sphere(FULL, (0, 0, *FULL), 350.0)
    views = sphere_views(panorama(sphere), sphere)
    assert [heading for heading, _ in views] == [350.0, 80.0, 170.0, 260.0]
    assert {view.shape for _, view in views} == {(458, 458, 3)}  # 1440 / 2 pi · 2: no finer than the picture
    for heading, view in views:
        assert np.abs(view - expected(heading, 0.0, 90.0, 458)).max() < 4.0


def test_views_of_ninety_degrees_are_the_faces_of_the_cube() -> None:
    sphere = Sphere(FULL, (0, 0, *FULL), 20.0)
    faces = [view for _, view in sphere_views(panorama(sphere), sphere)]
    between = perspective(faces, 65.0, 0.0, 60.0, (120, 120), first_heading=20.0)
    ((_, view),) = sphere_views(panorama(sphere), sphere, [65.0], 60.0, longest=120)
    assert np.abs(between.astype(int) - view).max() < 5


@pytest.mark.parametrize("scale", [1, 2])
def test_a_cropped_sphere(scale: int) -> None:
    """200° wide: views ahead are covered, the one behind is left out; what is outside is black."""
    sphere = Sphere(FULL, (320, 150, 800, 400), 90.0)
    image = panorama(sphere)
    image = np.asarray(Image.fromarray(image).resize((800 // scale, 400 // scale), Image.Resampling.BOX))
    views = dict(sphere_views(image, sphere, field_of_view=70.0))
    assert sorted(views) == [0.0, 90.0, 180.0]
    wanted = expected(90.0, 0.0, 70.0, len(views[90.0]))
    assert np.abs(views[90.0] - wanted).max() < 8.0
    side = views[180.0]
    black = (side == 0).all(axis=2)
    assert 0.05 < black.mean() < 0.5
    assert black[:, -1].all()
    assert not black[:, 0].any()
    assert np.abs(side - expected(180.0, 0.0, 70.0, len(side)))[~black].max() < 12.0


def test_unknown_heading_counts_from_the_middle() -> None:
    sphere = Sphere(FULL, (0, 0, *FULL))
    assert [heading for heading, _ in sphere_views(panorama(sphere), sphere)] == [0.0, 90.0, 180.0, 270.0]


def test_fine_detail_is_averaged_and_the_seam_is_not_seen() -> None:
    noise = np.random.default_rng(1).integers(0, 2, (720, 1440, 1), dtype=np.uint8).repeat(3, 2) * 255
    sphere = Sphere(FULL, (0, 0, *FULL), 0.0)
    ((_, view),) = sphere_views(noise, sphere, [180.0], longest=48)
    assert view.std() < 25.0
    ((_, behind),) = sphere_views(panorama(sphere), sphere, [180.0], longest=400)
    true = expected(180.0, 0.0, 90.0, len(behind))
    assert np.abs(behind - true)[:, 190:210].max() < 4.0


def test_what_cannot_be_cut_is_refused() -> None:
    sphere = Sphere((8, 4), (0, 0, 8, 4))
    image = np.zeros((4, 8, 3), np.uint8)
    for options in ({"field_of_view": 0.0}, {"field_of_view": 171.0}, {"pitch": 91.0}, {"longest": 0}):
        with pytest.raises(ValueError, match="no view has"):
            sphere_views(image, sphere, **options)
    with pytest.raises(ValueError, match="not an RGB picture"):
        sphere_views(image[:, :, 0], sphere)
    with pytest.raises(ValueError, match="does not lie in a sphere"):
        Sphere((8, 4), (4, 0, 8, 4))
    with pytest.raises(ValueError, match="turned"):
        Sphere((8, 4), (0, 0, 8, 4), math.nan)


GPANO = {
    "ProjectionType": "equirectangular", "PoseHeadingDegrees": "350.5", "PosePitchDegrees": "-2.5",
    "PoseRollDegrees": "1/2", "CroppedAreaLeftPixels": "100", "CroppedAreaTopPixels": "20",
    "CroppedAreaImageWidthPixels": "800", "CroppedAreaImageHeightPixels": "400",
    "FullPanoWidthPixels": "1600", "FullPanoHeightPixels": "800",
}  # fmt: skip


def described(fields: dict[str, str], as_elements: bool = False) -> bytes:
    return XMP_HEAD + xmp({f"GPano:{name}": value for name, value in fields.items()}, as_elements=as_elements)


@pytest.mark.parametrize("as_elements", [False, True])
def test_what_a_file_says(tmp_path: Path, as_elements: bool) -> None:
    picture = Image.new("RGB", (80, 40))
    path = jpeg(tmp_path / "a.jpg", exif(gps(1.0, 2.0)), described(GPANO, as_elements), image=picture)
    info = read_info(path)
    assert info.sphere == Sphere((1600, 800), (100, 20, 800, 400), 350.5, -2.5, 0.5)
    assert info.heading == 350.5
    (record,) = find(tmp_path).photos
    assert record.sphere == info.sphere
    whole = jpeg(tmp_path / "b.jpg", described({"ProjectionType": "Equirectangular"}), image=picture)
    assert read_info(whole).sphere == Sphere((80, 40), (0, 0, 80, 40))
    compass = exif(gps(1.0, 2.0, {16: ("A", "T"), 17: ("R", [(45, 1)])}))
    turned = jpeg(
        tmp_path / "c.jpg", compass, described({"ProjectionType": "equirectangular"}), image=picture
    )
    assert read_info(turned).sphere.heading == 45.0


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"ProjectionType": "cylindrical"},
        {"UsePanoramaViewer": "True"},
        GPANO | {"CroppedAreaLeftPixels": "900"},
        GPANO | {"FullPanoWidthPixels": "0", "CroppedAreaImageWidthPixels": "-5"},
    ],
)
def test_twice_as_wide_as_high_is_not_yet_a_sphere(tmp_path: Path, fields: dict[str, str]) -> None:
    path = jpeg(tmp_path / "a.jpg", described(fields), image=Image.new("RGB", (80, 40)))
    sphere = read_info(path).sphere
    assert sphere is None or (fields and sphere.cropped[2:] == (80, 400))
