"""Points within a radius, geodesic or planar, boundary included; boxes that contain the circle."""

import math
from collections.abc import Sequence

import numpy as np

from placeprint.arrays import Float64, Int64
from placeprint.geo import WGS84, GeoPoint, distances
from placeprint.geo.cells import Cells

ROUNDING = 1e-3  # meters: larger than the error of geocentric coordinates

LEAST_RADIUS = 6_335_000.0
"""Meters; the smallest radius of curvature of the WGS84 ellipsoid, so that no box is too small."""

Box = tuple[float, float, float, float]


def within_planar(stored: Float64, asked: Float64, radius: float) -> list[Int64]:
    """Rows of `stored` (n, 2) with |x - q|² <= radius² for each q of `asked` (m, 2), ascending.

    Compares squares, as the published code does (posDistSqThr): exactly 25.000 m counts.
    """
    if not len(stored) or not len(asked):
        return [np.zeros(0, np.int64) for _ in asked]
    result = []
    for point, rows in zip(asked, _near(stored, asked, radius), strict=True):
        squared = np.square(stored[rows] - point).sum(axis=1)
        result.append(rows[squared <= radius * radius])
    return result


def within_geodesic(stored: Sequence[GeoPoint], asked: Sequence[GeoPoint], radius: float) -> list[Int64]:
    """Rows of `stored` at a geodesic distance of `radius` meters or less from each point, ascending."""
    if not stored or not asked:
        return [np.zeros(0, np.int64) for _ in asked]
    near = _near(_geocentric(stored), _geocentric(asked), radius)
    degrees = np.array([(p.lat, p.lon) for p in stored])
    result = []
    for point, rows in zip(asked, near, strict=True):
        exact = distances(degrees[rows], (point.lat, point.lon)) if len(rows) else np.zeros(0)
        result.append(rows[exact <= radius])
    return result


def boxes_around(point: GeoPoint, meters: float) -> list[Box]:
    """Boxes (south, north, west, east) in degrees that cover the circle: two where it crosses ±180°.

    Half the width in longitude is asin(sin δ / cos φ), δ being the circle's angular radius; a circle
    that reaches a pole takes all longitudes.
    """
    angle = 1.01 * meters / LEAST_RADIUS
    south, north = point.lat - math.degrees(angle), point.lat + math.degrees(angle)
    if south <= -90.0 or north >= 90.0:
        return [(max(south, -90.0), min(north, 90.0), -180.0, 180.0)]
    half = math.degrees(math.asin(min(1.0, math.sin(angle) / math.cos(math.radians(point.lat)))))
    west, east = point.lon - half, point.lon + half
    if west < -180.0:
        return [(south, north, west + 360.0, 180.0), (south, north, -180.0, east)]
    if east > 180.0:
        return [(south, north, west, 180.0), (south, north, -180.0, east - 360.0)]
    return [(south, north, west, east)]


def _near(stored: Float64, asked: Float64, radius: float) -> list[Int64]:
    queries, rows, _ = Cells(stored, radius + ROUNDING).within(asked)
    return np.split(rows, np.searchsorted(queries, np.arange(1, len(asked))))


def _geocentric(points: Sequence[GeoPoint]) -> Float64:
    """(n, 3) meters from the Earth's center: a straight line is never longer than the geodesic."""
    lat, lon = np.radians([(p.lat, p.lon) for p in points]).T
    normal = WGS84.a / np.sqrt(1.0 - WGS84.es * np.sin(lat) ** 2)
    return np.stack(
        [
            normal * np.cos(lat) * np.cos(lon),
            normal * np.cos(lat) * np.sin(lon),
            normal * (1.0 - WGS84.es) * np.sin(lat),
        ],
        axis=1,
    )
