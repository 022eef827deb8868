import numpy as np
import pytest

from placeprint.geo import GeoPoint, distances
from placeprint.geo.nearby import boxes_around, within_geodesic, within_planar


def test_rows_are_those_of_every_distance_and_the_limit_counts():
    rng = np.random.default_rng(0)
    stored, asked = rng.integers(0, 60, (300, 2)).astype(float), rng.integers(0, 60, (20, 2)).astype(float)
    gaps = ((asked[:, None] - stored) ** 2).sum(axis=2)
    for radius in (0.0, 5.0, 25.0):  # 3, 4, 5 and 7, 24, 25 are exactly there
        found = within_planar(stored, asked, radius)
        assert [rows.tolist() for rows in found] == [np.flatnonzero(g <= radius**2).tolist() for g in gaps]
    assert [rows.tolist() for rows in within_planar(stored[:0], asked[:2], 5.0)] == [[], []]
    assert within_planar(stored, asked[:0], 5.0) == []


def test_geodesic_rows_are_those_of_every_distance():
    rng = np.random.default_rng(1)
    for lat, lon in ((52.0, 0.1), (0.0, 180.0), (89.9999, 0.0)):
        spread = 1e-3 * rng.uniform(-1, 1, (200, 2)) + (lat, lon)
        spread[:, 0] = spread[:, 0].clip(-90, 90)
        spread[:, 1] = (spread[:, 1] + 180) % 360 - 180
        points = [GeoPoint(*row) for row in spread.tolist()]
        found = within_geodesic(points, points[:9], 30.0)
        for row, rows in zip(spread[:9], found, strict=True):
            assert rows.tolist() == np.flatnonzero(distances(spread, row) <= 30.0).tolist()


@pytest.mark.parametrize("lat", [0.0, 52.2, -78.0, 89.9999, -90.0])
@pytest.mark.parametrize("lon", [0.1, 179.9999, -179.9999])
@pytest.mark.parametrize("meters", [1.0, 250.0, 40_000.0])
def test_boxes_hold_the_circle_and_little_more(lat, lon, meters):
    center = GeoPoint(lat, lon)
    boxes = boxes_around(center, meters)
    for bearing in range(0, 360, 5):
        for share in (0.3, 1.0):
            point = center.moved(bearing, share * meters)
            assert any(s <= point.lat <= n and w <= point.lon <= e for s, n, w, e in boxes)
    reach = 1.05 * meters / 110_000.0  # degrees of latitude
    assert all(lat - reach <= south and north <= lat + reach for south, north, _, _ in boxes)
    assert all(-180.0 <= west <= east <= 180.0 for _, _, west, east in boxes)
    if abs(lat) < 80.0:
        widest = 2.0 * reach / np.cos(np.radians(abs(lat) + reach))
        assert sum(east - west for _, _, west, east in boxes) <= widest
