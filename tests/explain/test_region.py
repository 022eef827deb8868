import numpy as np
import pytest

from placeprint.explain import Region, top_regions


def test_regions_are_the_connected_parts_of_the_hottest_tenth():
    heat = np.full((10, 20), 0.01)
    heat[1:3, 2:6] = 1.0
    heat[3, 6] = 1.0  # touches by its corner
    heat[8, 12:20] = 0.5
    heat[7, 17] = 0.3
    heat[5, 0] = -7.0
    total = heat[heat > 0].sum()
    first, second = top_regions(heat)
    assert first == Region(0.1, 0.1, 7 / 20, 0.4, pytest.approx(9.0 / total))
    assert second == Region(12 / 20, 0.7, 1.0, 0.9, pytest.approx(4.3 / total))
    assert top_regions(heat, count=1) == (first,)
    assert first.to_dict() == {
        "left": 0.1,
        "top": 0.1,
        "right": 0.35,
        "bottom": 0.4,
        "share": round(9 / total, 4),
    }


def test_more_hot_pixels_than_a_tenth_are_cut_to_it():
    heat = np.arange(200.0).reshape(10, 20)
    (region,) = top_regions(heat)
    assert (region.left, region.top, region.right, region.bottom) == (0.0, 0.9, 1.0, 1.0)
    assert len(top_regions(heat, hottest=0.5)) == 1
    assert top_regions(heat, hottest=0.5)[0].top == 0.5


def test_no_positive_heat_no_region():
    assert top_regions(np.zeros((4, 4))) == ()
    assert top_regions(-np.ones((4, 4))) == ()
    only = np.zeros((40, 40))
    only[3, 4] = 1.0
    assert top_regions(only) == (Region(0.1, 0.075, 0.125, 0.1, 1.0),)
    assert top_regions(np.ones((4, 4))) == (Region(0.0, 0.0, 1.0, 1.0, 1.0),)
