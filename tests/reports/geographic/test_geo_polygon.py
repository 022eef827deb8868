"""The disc around a point: whole, closed, on the right side, wherever it lies."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placeprint.geo import GeoPoint
from placeprint.reports.geographic.geo_polygon import Ring, circle_rings


def inside(rings: list[Ring], lon: float, lat: float) -> bool:
    """Even-odd rule, by the crossings of a ray towards the north."""
    crossings = 0
    for ring in rings:
        for (x0, y0), (x1, y1) in pairwise(ring):
            if (x0 > lon) != (x1 > lon):
                crossings += y0 + (lon - x0) * (y1 - y0) / (x1 - x0) > lat
    return crossings % 2 == 1


def area(ring: Ring) -> float:
    x, y = (np.array(ring) - ring[0]).T  # from a corner: products of whole degrees would cancel
    return 0.5 * float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]))


EDGES = [
    (52.2, 0.12, 20.0, 1),
    (-17.0, 179.9999, 40.0, 2),
    (60.0, -179.99995, 40.0, 2),
    (0.0, 180.0, 5000.0, 2),
    (0.0, -180.0, 5000.0, 2),
    (89.9, 30.0, 30_000.0, 1),
    (-89.9, 30.0, 30_000.0, 1),
    (90.0, 0.0, 500.0, 1),
    (89.5, 179.0, 30_000.0, 2),
]


@pytest.mark.parametrize(("lat", "lon", "radius", "parts"), EDGES)
def test_the_polygon_is_the_disc(lat: float, lon: float, radius: float, parts: int) -> None:
    center = GeoPoint(lat, lon)
    rings = circle_rings(center, radius)
    assert len(rings) == parts
    for ring in rings:
        assert ring[0] == ring[-1]
        assert len(ring) >= 4
        assert area(ring) > 0  # counter-clockwise
        assert np.abs(np.array(ring)).max(axis=0)[0] <= 180.0
        assert all(a != b for a, b in pairwise(ring))
    for bearing in np.arange(3.0, 360.0, 17.0):
        near, far = center.moved(bearing, 0.9 * radius), center.moved(bearing, 1.1 * radius)
        assert inside(rings, near.lon, near.lat), bearing
        assert not inside(rings, far.lon, far.lat), bearing


@settings(max_examples=60, deadline=None)
@given(st.floats(-89.0, 89.0), st.floats(-180.0, 180.0), st.floats(0.5, 5000.0))
def test_any_disc_has_its_area(lat: float, lon: float, radius: float) -> None:
    """In degrees, a small disc is an ellipse: πr² over the lengths of a degree at its latitude."""
    east = GeoPoint(lat, 0.0).distance(GeoPoint(lat, 1e-4)) * 1e4
    north = GeoPoint(lat, 0.0).distance(GeoPoint(lat + 1e-4, 0.0)) * 1e4
    total = sum(area(ring) for ring in circle_rings(GeoPoint(lat, lon), radius))
    assert total == pytest.approx(np.pi * radius**2 / (east * north), rel=0.02)


def test_a_disc_of_centimeters_goes_the_right_way_round() -> None:
    rng = np.random.default_rng(0)
    for lat, lon, radius in rng.uniform((-85.0, -179.9, 0.01), (85.0, 179.9, 0.05), (200, 3)):
        (ring,) = circle_rings(GeoPoint(lat, lon), radius)
        assert area(ring) > 0, (lat, lon, radius)


def test_a_point_has_no_polygon() -> None:
    assert circle_rings(GeoPoint(1.0, 2.0), 0.0) == []
