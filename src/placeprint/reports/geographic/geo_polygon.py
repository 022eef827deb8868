"""Circles on the Earth as polygons of longitude and latitude, correct across ±180° and at the poles."""

from itertools import pairwise

import numpy as np

from placeprint.arrays import Float64
from placeprint.geo import GeoPoint

Ring = list[tuple[float, float]]
SMALLEST = 0.01  # meters: below it the corners would coincide


def circle_rings(center: GeoPoint, radius: float) -> list[Ring]:
    """Closed rings of (lon, lat), counter-clockwise, that together form the disc around `center`.

    Usually one ring; two if the circle crosses the antimeridian (RFC 7946 §3.1.9); one that reaches from -180
    to 180 and along the pole's edge if it surrounds a pole. Empty for a radius below a centimeter. Each ring
    is outer, so the right-hand rule (§3.1.6) makes it counter-clockwise.
    """
    if radius < SMALLEST:
        return []
    corners = np.array([(p.lon, p.lat) for p in reversed(center.circle(radius))])
    lon = np.unwrap(corners[:, 0], period=360.0)
    if abs(lon[-1] - lon[0]) > 180.0:
        return [_around_pole(corners[:-1])]
    ring = np.stack([lon, corners[:, 1]], axis=-1)
    ring[:, 0] -= 360.0 * np.floor((ring[0, 0] + 180.0) / 360.0)
    parts = [_clip(ring - (shift, 0.0)) for shift in (-360.0, 0.0, 360.0)]
    return [_closed(part) for part in parts if len(part) > 2]


def _clip(ring: Float64) -> Float64:
    """The part of a closed ring between -180 and 180 (Sutherland and Hodgman, 1974)."""
    for sign in (1.0, -1.0):
        kept: list[Float64] = []
        for a, b in pairwise(ring):
            inside_a, inside_b = sign * a[0] <= 180.0, sign * b[0] <= 180.0
            if inside_a:
                kept.append(a)
            if inside_a != inside_b:
                cut = a + (b - a) * (sign * 180.0 - a[0]) / (b[0] - a[0])
                kept.append(np.array([sign * 180.0, cut[1]]))
        if len(kept) < 3:
            return np.zeros((0, 2))
        ring = np.array([*kept, kept[0]])
    return ring


def _around_pole(corners: Float64) -> Ring:
    corners = corners[np.argsort(corners[:, 0], kind="stable")]
    (east, lat_east), (west, lat_west) = corners[-1], corners[0]
    share = (180.0 - east) / max(west + 360.0 - east, 1e-12)
    border = lat_east + share * (lat_west - lat_east)
    pole = 90.0 if float(np.mean(corners[:, 1])) > 0 else -90.0
    edge = [(-180.0, border), *map(tuple, corners), (180.0, border), (180.0, pole), (-180.0, pole)]
    return _closed(np.array([*edge, edge[0]]))


def _closed(ring: Float64) -> Ring:
    """Eight decimals (a millimeter), no corner repeated in a row, counter-clockwise."""
    points = [(float(lon), float(lat)) for lon, lat in np.round(ring, 8) + 0.0]
    points = [p for i, p in enumerate(points) if i == 0 or p != points[i - 1]]
    from_first = [
        (lon - points[0][0], lat - points[0][1]) for lon, lat in points
    ]  # otherwise products cancel
    doubled = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(from_first))
    return points if doubled > 0 else points[::-1]
