"""Photos near a point: boxes for the R-tree, then the geodesic."""

import math
import sqlite3

import numpy as np

from placeprint.arrays import Int64
from placeprint.geo import GeoPoint, distances

LEAST_RADIUS = 6_335_000.0
"""Meters: the smallest radius of curvature of the WGS84 ellipsoid, so that boxes are never too small."""

Box = tuple[float, float, float, float]


def within(database: sqlite3.Connection, point: GeoPoint, meters: float) -> Int64:
    """Ids, ascending, of the photos within a geodesic distance of `meters`."""
    query = (
        "SELECT p.id, p.lat, p.lon FROM positions AS r JOIN photos AS p ON p.id = r.id"
        " WHERE r.north >= ? AND r.south <= ? AND r.east >= ? AND r.west <= ?"
    )
    rows = {row for box in boxes(point, meters) for row in database.execute(query, box)}
    found = np.array(sorted(rows), np.float64).reshape(-1, 3)
    near = distances((point.lat, point.lon), found[:, 1:]) <= meters
    ids: Int64 = found[near, 0].astype(np.int64)
    return ids


def boxes(point: GeoPoint, meters: float) -> list[Box]:
    """(south, north, west, east) boxes that cover the circle: two if it crosses ±180°.

    Half the width in longitude is asin(sin δ / cos φ), with δ the circle's angular radius; a circle that
    reaches a pole covers all longitudes.
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
