"""Boxes around circles: they cover them, closely, at every latitude."""

import math

import numpy as np
import pytest

from placeprint.geo import GeoPoint
from placeprint.geo.nearby import boxes_around

BEARINGS = np.linspace(0, 360, 73)


@pytest.mark.parametrize("meters", [1.0, 1000.0, 250_000.0])
@pytest.mark.parametrize("lon", [0.1, 179.9999, -179.9999])
@pytest.mark.parametrize("lat", [-75.0, -52.2, -30.0, 0.0, 30.0, 52.2, 60.0, 75.0])
def test_boxes_cover_the_circle_and_little_more(lat: float, lon: float, meters: float) -> None:
    center = GeoPoint(lat, lon)
    found = boxes_around(center, meters)
    rim = [center.moved(float(bearing), meters) for bearing in BEARINGS]
    for point in rim:
        assert any(s <= point.lat <= n and w <= point.lon <= e for s, n, w, e in found)
    for south, north, west, east in found:
        assert -90.0 <= south <= north <= 90.0
        assert -180.0 <= west <= east <= 180.0
    width = sum(east - west for _, _, west, east in found)
    reach = max(abs((point.lon - lon + 180.0) % 360.0 - 180.0) for point in rim)
    assert 2 * reach <= width <= 2 * 1.04 * reach
    height = found[0][1] - found[0][0]
    assert height <= 1.04 * (max(p.lat for p in rim) - min(p.lat for p in rim))
    across = len(found) == 2
    assert across == (180.0 - abs(lon) < width / 2)


def test_at_sixty_degrees_a_degree_of_longitude_is_half_as_long() -> None:
    (_, _, west, east), (_, _, left, right) = (
        boxes_around(GeoPoint(60, 7), 1000)[0],
        boxes_around(GeoPoint(0, 7), 1000)[0],
    )
    assert (east - west) / (right - left) == pytest.approx(2.0, rel=1e-4)


def test_a_circle_over_a_pole_takes_all_longitudes() -> None:
    assert boxes_around(GeoPoint(89.999, 20.0), 1000.0)[0][1:] == (90.0, -180.0, 180.0)
    south, north, west, east = boxes_around(GeoPoint(-89.999, 20.0), 1000.0)[0]
    assert (south, west, east) == (-90.0, -180.0, 180.0)
    assert north < -89.9
    assert math.isclose(boxes_around(GeoPoint(0.0, 0.0), 2.1e7)[0][0], -90.0)
