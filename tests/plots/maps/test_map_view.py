import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placeprint.geo import GeoPoint, LocalFrame
from placeprint.plots.maps.map_view import MapView, round_length

FRAME = LocalFrame(GeoPoint(52.2, 0.12))
VIEW = MapView(FRAME, (10.0, -5.0), 0.5, 640, 440)


def test_pixels_are_meters_over_the_scale_with_north_up() -> None:
    assert VIEW.pixels(np.array([[10.0, -5.0]])) == pytest.approx(np.array([[320.0, 220.0]]))
    assert VIEW.pixels(np.array([[20.0, 15.0]])) == pytest.approx(np.array([[340.0, 180.0]]))


def test_the_view_covers_its_points_inside_a_margin() -> None:
    points = np.array([[-300.0, 20.0], [100.0, 900.0], [50.0, -40.0]])
    view = MapView.covering(FRAME, points, 640, 440)
    pixels = view.pixels(points)
    assert view.contains(pixels, margin=0.07 * 440).all()
    assert pixels[:, 1].min() == pytest.approx(0.08 * 440)
    assert pixels[:, 1].max() == pytest.approx(0.92 * 440)


def test_one_point_still_gives_a_view() -> None:
    view = MapView.covering(FRAME, np.array([[5.0, 5.0]]), 640, 440)
    assert view.pixels(np.array([[5.0, 5.0]])) == pytest.approx(np.array([[320.0, 220.0]]))
    assert view.meters_per_pixel * 440 > 30.0


def test_grid_lines_stand_on_whole_steps() -> None:
    step, x, y = VIEW.grid()
    assert step == 20.0
    east = 10.0 + (x - 320.0) * 0.5
    north = -5.0 - (y - 220.0) * 0.5
    assert east == pytest.approx(np.round(east / step) * step)
    assert north == pytest.approx(np.round(north / step) * step)
    assert (len(x), len(y)) == (16, 11)


@given(st.floats(1e-3, 1e7))
def test_round_length_is_the_next_1_2_5_below(meters: float) -> None:
    length = round_length(meters)
    assert length <= meters * (1 + 1e-8) < 2.5 * length * (1 + 1e-6)
    assert f"{length:.0e}"[0] in "125"
