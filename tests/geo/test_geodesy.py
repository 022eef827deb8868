"""Geodesy against closed forms on the WGS84 ellipsoid and invariants."""

import math
import re
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from placeprint.geo import (
    GeoPoint,
    LocalFrame,
    distances,
    point_to_utm,
    points_to_utm,
    utm_to_point,
    utm_to_points,
)

A, F = 6378137.0, 1 / 298.257223563
E2 = F * (2 - F)
latitudes, longitudes = st.floats(-89.9, 89.9), st.floats(-180, 180)
points = st.builds(GeoPoint, latitudes, longitudes)


def turn(a: float, b: float) -> float:
    """Smallest difference of two angles in degrees."""
    return abs((a - b + 180) % 360 - 180)


def transverse_mercator(lat: float, lon: float) -> tuple[float, float]:
    """UTM by the series of Snyder, "Map Projections: A Working Manual" (1987), eqs. 8-9 to 8-15."""
    zone = int((lon + 180) // 6) + 1
    phi, lam = math.radians(lat), math.radians(lon - (zone * 6 - 183))
    ep2 = E2 / (1 - E2)
    n = A / math.sqrt(1 - E2 * math.sin(phi) ** 2)
    t, c, a = math.tan(phi) ** 2, ep2 * math.cos(phi) ** 2, lam * math.cos(phi)
    m = A * (
        (1 - E2 / 4 - 3 * E2**2 / 64 - 5 * E2**3 / 256) * phi
        - (3 * E2 / 8 + 3 * E2**2 / 32 + 45 * E2**3 / 1024) * math.sin(2 * phi)
        + (15 * E2**2 / 256 + 45 * E2**3 / 1024) * math.sin(4 * phi)
        - (35 * E2**3 / 3072) * math.sin(6 * phi)
    )
    x = a + (1 - t + c) * a**3 / 6 + (5 - 18 * t + t**2 + 72 * c - 58 * ep2) * a**5 / 120
    y = a**2 / 2 + (5 - t + 9 * c + 4 * c**2) * a**4 / 24
    y += (61 - 58 * t + t**2 + 600 * c - 330 * ep2) * a**6 / 720
    return 0.9996 * n * x + 500_000, 0.9996 * (m + n * math.tan(phi) * y) + (0 if lat >= 0 else 10_000_000)


@pytest.mark.parametrize(
    ("lat", "lon"), [(91, 0), (-91, 0), (0, 181), (math.nan, 0), (0, math.nan), (math.inf, 0)]
)
def test_points_lie_on_earth(lat: float, lon: float) -> None:
    with pytest.raises(ValueError, match="not a place on Earth"):
        GeoPoint(lat, lon)


def test_lengths_of_the_equator_and_a_meridian() -> None:
    """The equator is a circle of radius a; a quarter meridian is 10 001 965.729 m."""
    degree = math.pi * A / 180
    assert GeoPoint(0, 10).distance(GeoPoint(0, 11)) == pytest.approx(degree, abs=1e-6)
    assert GeoPoint(0, 179.5).distance(GeoPoint(0, -179.5)) == pytest.approx(degree, abs=1e-6)
    assert GeoPoint(0, 5).distance(GeoPoint(90, 77)) == pytest.approx(10_001_965.7293, abs=1e-3)
    assert GeoPoint(50, 5).distance(GeoPoint(50, 5)) == 0


@given(latitudes, longitudes, st.floats(-0.0004, 0.0004), st.floats(-0.0004, 0.0004))
def test_short_distances_by_the_radii_of_curvature(lat: float, lon: float, up: float, right: float) -> None:
    """ds² = (M dφ)² + (N cos φ dλ)² at the middle latitude."""
    lat, lon = lat * 0.95, lon * 0.99
    other = GeoPoint(lat + up, lon + right)
    middle = math.radians(lat + up / 2)
    w = 1 - E2 * math.sin(middle) ** 2
    north = A * (1 - E2) / w**1.5 * math.radians(up)
    east = A / math.sqrt(w) * math.cos(middle) * math.radians(right)
    here = GeoPoint(lat, lon)
    assert here.distance(other) == pytest.approx(math.hypot(east, north), rel=1e-5, abs=1e-4)
    if math.hypot(east, north) > 1:
        assert turn(here.bearing(other), math.degrees(math.atan2(east, north))) < 0.02


@given(points, st.floats(0, 360), st.floats(1, 1e6))
@example(GeoPoint(82.0, -1.7527678934361361), 0.0, 893494.0)  # its bearing was 360
def test_moved_undoes_distance_and_bearing(start: GeoPoint, bearing: float, meters: float) -> None:
    end = start.moved(bearing, meters)
    assert start.distance(end) == pytest.approx(meters, abs=1e-5)
    assert turn(start.bearing(end), bearing) < max(1e-6, 1e-4 / meters) / math.cos(math.radians(start.lat))
    assert 0 <= start.bearing(end) < 360
    assert start.distance(end) == pytest.approx(end.distance(start), abs=1e-6)


def test_moving_keeps_the_altitude_and_circles_close() -> None:
    start = GeoPoint(52, 0.1, 17.0)
    assert start.moved(0, 5).altitude == 17.0
    ring = start.circle(120.0, corners=8)
    assert len(ring) == 9
    assert ring[0] == ring[-1]
    assert [start.distance(p) for p in ring] == pytest.approx([120.0] * 9, abs=1e-6)
    assert [start.bearing(p) for p in ring[1:-1]] == pytest.approx([45.0 * i for i in range(1, 8)], abs=1e-6)


@given(st.lists(st.tuples(latitudes, longitudes), min_size=1, max_size=5))
def test_distances_broadcast(rows: list[tuple[float, float]]) -> None:
    table = np.array(rows)
    matrix = distances(table[:, None], table[None])
    assert matrix.shape == (len(rows), len(rows))
    for i, a in enumerate(rows):
        for j, b in enumerate(rows):
            assert matrix[i, j] == pytest.approx(GeoPoint(*a).distance(GeoPoint(*b)), abs=1e-6)
    assert distances(np.zeros((0, 2)), np.zeros((0, 2))).shape == (0,)


@given(st.floats(-79, 83), st.floats(-180, 179.999))
def test_utm_by_snyders_series(lat: float, lon: float) -> None:
    easting, northing, zone, northern = point_to_utm(GeoPoint(lat, lon))
    assert (easting, northing) == pytest.approx(transverse_mercator(lat, lon), abs=0.02)
    assert zone == int((lon + 180) // 6) + 1
    assert northern == (lat >= 0)


@given(st.floats(-80, 84), longitudes)
def test_utm_round_trip(lat: float, lon: float) -> None:
    start = GeoPoint(lat, lon)
    assert start.distance(utm_to_point(*point_to_utm(start))) < 1e-3


def test_utm_borders() -> None:
    assert point_to_utm(GeoPoint(0, 180))[2] == 60
    assert point_to_utm(GeoPoint(0, -180))[2] == 1
    assert point_to_utm(GeoPoint(60, 6))[2] == 32
    near = utm_to_point(833_978.0, 0.0, 60, True)  # half a meter beyond 180 degrees east
    assert near.distance(GeoPoint(0, 180)) < 1
    for zone in (0, 61, -1):
        with pytest.raises(ValueError, match="zone"):
            utm_to_point(500_000, 0, zone, True)
    with pytest.raises(ValueError, match="outside zone"):
        utm_to_point(1e12, 1e12, 31, True)
    with pytest.raises(ValueError, match="outside zone"):
        utm_to_point(math.nan, 0, 31, True)


@given(st.lists(st.tuples(st.floats(-80, 84), st.floats(-3, 9)), max_size=5), st.booleans())
def test_many_in_one_zone_as_one_by_one(rows: list[tuple[float, float]], northern: bool) -> None:
    points = [GeoPoint(*row) for row in rows]
    meters = points_to_utm(points, 31, northern)
    np.testing.assert_array_equal(meters, points_to_utm(np.array(rows).reshape(-1, 2), 31, northern))
    degrees = utm_to_points(meters[:, 0], meters[:, 1], 31, northern)
    assert meters.shape == degrees.shape == (len(rows), 2)
    for point, place, row in zip(points, meters, degrees, strict=True):
        assert point.distance(GeoPoint(*row)) < 1e-3
        assert GeoPoint(*row) == utm_to_point(*place, 31, northern)
        if 0 <= point.lon < 6 and (point.lat >= 0) == northern:
            assert tuple(place) == point_to_utm(point)[:2]


def test_many_with_one_outside_the_zone() -> None:
    assert utm_to_points(500_000, [0, 1], 31, True).shape == (2, 2)
    for bad in (1e12, math.nan, math.inf):
        with pytest.raises(ValueError, match=rf"UTM {re.escape(str(bad))} E, 7\.0 N is outside zone 31"):
            utm_to_points([500_000, bad, 1e13], [0, 7, 8], 31, True)
    for zone in (0, 61):
        with pytest.raises(ValueError, match="zone"):
            utm_to_points([], [], zone, True)
        with pytest.raises(ValueError, match="zone"):
            points_to_utm([], zone, True)


@settings(max_examples=200)
@given(
    st.builds(GeoPoint, st.floats(-90, 90), longitudes),
    st.floats(0, 360), st.floats(0, 100_000), st.floats(0, 360), st.floats(0, 100_000),
)  # fmt: skip
def test_local_frame_keeps_distances(
    origin: GeoPoint, turn_a: float, far_a: float, turn_b: float, far_b: float
) -> None:
    a, b = origin.moved(turn_a, far_a), origin.moved(turn_b, far_b)
    meters = LocalFrame(origin).to_meters([a, b])
    assert np.hypot(*meters[0]) == pytest.approx(far_a, abs=1e-3)
    assert np.hypot(*(meters[0] - meters[1])) == pytest.approx(a.distance(b), rel=1e-4, abs=1e-2)
    assert LocalFrame(origin).to_point(meters[0]).distance(a) < 1e-3
    if far_a > 1 and abs(origin.lat) < 89.9:
        assert turn(math.degrees(math.atan2(*meters[0])), turn_a) < 0.1 / far_a + 1e-4


def test_local_frame_around() -> None:
    origin = LocalFrame.around([GeoPoint(10, 179.9), GeoPoint(10, -179.9)]).origin
    assert turn(origin.lon, 180) < 1e-9
    assert origin.lat == pytest.approx(10, abs=0.001)
    one = GeoPoint(52.2, 0.1, 30.0)
    assert LocalFrame.around([one]).origin.distance(one) < 1e-6
    with pytest.raises(ValueError, match="at least one point"):
        LocalFrame.around([])
    frame = LocalFrame(one)
    assert frame.to_meters([]).shape == (0, 2)
    assert np.array_equal(frame.to_meters(np.array([[52.3, 0.2]])), frame.to_meters([GeoPoint(52.3, 0.2)]))
    assert frame.to_meters([GeoPoint(52.21, 0.1)])[0] == pytest.approx([0, 1112.7], abs=0.5)


def test_threads_agree() -> None:
    rng = np.random.default_rng(0)
    some = [GeoPoint(*row) for row in rng.uniform((-80, -180), (80, 180), (400, 2))]
    alone = [(point_to_utm(p), LocalFrame(some[0]).to_meters([p]).tolist()) for p in some]
    with ThreadPoolExecutor(8) as pool:
        many = list(pool.map(lambda p: (point_to_utm(p), LocalFrame(some[0]).to_meters([p]).tolist()), some))
    assert alone == many
