"""Positions on the Earth: WGS84 points, geodesic distances, local metric frames, UTM.

Uses pyproj (Karney's geodesics on the WGS84 ellipsoid); nothing here assumes a sphere.
Angles are in degrees, lengths in meters, bearings clockwise from north in [0, 360).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from pyproj import Geod, Transformer

from placeprint.arrays import Float64

WGS84 = Geod(ellps="WGS84")


@dataclass(frozen=True, slots=True)
class GeoPoint:
    """A WGS84 position. Raises `ValueError` outside latitude ±90°, longitude ±180°."""

    lat: float
    lon: float
    altitude: float | None = None

    def __post_init__(self) -> None:
        for name in ("lat", "lon"):  # NumPy scalars become plain floats, for JSON and repr
            object.__setattr__(self, name, float(getattr(self, name)))
        if not (-90.0 <= self.lat <= 90.0 and -180.0 <= self.lon <= 180.0):
            raise ValueError(f"latitude {self.lat}, longitude {self.lon} is not a place on Earth")

    def distance(self, other: "GeoPoint") -> float:
        """Geodesic distance in meters."""
        return float(WGS84.inv(self.lon, self.lat, other.lon, other.lat)[2])

    def bearing(self, other: "GeoPoint") -> float:
        """Initial bearing to `other`, degrees clockwise from north, in [0, 360)."""
        turned = float(WGS84.inv(self.lon, self.lat, other.lon, other.lat)[0]) % 360.0
        return turned % 360.0  # -1e-15 % 360.0 is rounded up to 360.0

    def moved(self, bearing: float, distance: float) -> "GeoPoint":
        """The point `distance` meters away in direction `bearing`."""
        lon, lat, _ = WGS84.fwd(self.lon, self.lat, bearing, distance)
        return GeoPoint(float(lat), float(lon), self.altitude)

    def circle(self, radius: float, corners: int = 64) -> list["GeoPoint"]:
        """A closed polygon with `corners` vertices at `radius` meters, for maps."""
        ring = [self.moved(360.0 * i / corners, radius) for i in range(corners)]
        return [*ring, ring[0]]


def distances(a: ArrayLike, b: ArrayLike) -> Float64:
    """Geodesic distances in meters between rows of (lat, lon); the two broadcast over leading axes."""
    left, right = np.broadcast_arrays(np.asarray(a, np.float64), np.asarray(b, np.float64))
    return np.asarray(WGS84.inv(left[..., 1], left[..., 0], right[..., 1], right[..., 0])[2])


@dataclass(frozen=True)
class LocalFrame:
    """East and north in meters around an origin (azimuthal equidistant projection).

    Distances from the origin are exact; between other points the error stays under 1 in 10,000
    within 100 km. Unlike UTM it has no zone borders, and it works at ±180° and at the poles.
    """

    origin: GeoPoint

    @classmethod
    def around(cls, points: Iterable[GeoPoint]) -> "LocalFrame":
        """A frame whose origin is the mean direction of `points` (safe across ±180°).

        Raises `ValueError` for no points.
        """
        degrees = np.array([(p.lat, p.lon) for p in points], np.float64)
        if not len(degrees):
            raise ValueError("a local frame needs at least one point")
        lat, lon = np.radians(degrees).T
        x, y, z = (
            float(np.mean(v)) for v in (np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat))
        )
        return cls(
            GeoPoint(float(np.degrees(np.arctan2(z, np.hypot(x, y)))), float(np.degrees(np.arctan2(y, x))))
        )

    def to_meters(self, points: Sequence[GeoPoint] | Float64) -> Float64:
        """(n, 2) east and north of points, or of rows of (lat, lon)."""
        degrees = _degrees(points)
        if not len(degrees):
            return np.zeros((0, 2))
        east, north = _projection(self.origin).transform(degrees[:, 1], degrees[:, 0])
        return np.stack([east, north], axis=-1)

    def to_point(self, meters: ArrayLike) -> GeoPoint:
        """The point at (east, north)."""
        east, north = np.asarray(meters, np.float64)
        lon, lat = _projection(self.origin).transform(east, north, direction="INVERSE")
        return GeoPoint(float(lat), float(lon))


def utm_to_point(easting: float, northing: float, zone: int, northern: bool) -> GeoPoint:
    """WGS84 position of UTM coordinates in meters. Raises `ValueError` for zones outside 1..60."""
    lon, lat = _utm(_zone(zone), northern).transform(easting, northing, direction="INVERSE")
    if not (np.isfinite(lat) and np.isfinite(lon)):
        raise ValueError(f"UTM {easting} E, {northing} N is outside zone {zone}")
    return GeoPoint(float(lat), float(lon))


def utm_to_points(easting: ArrayLike, northing: ArrayLike, zone: int, northern: bool) -> Float64:
    """(n, 2) rows of WGS84 (lat, lon) for n positions in UTM meters of one zone.

    Raises `ValueError` for zones outside 1..60 and for the first position outside its zone.
    """
    east, north = np.broadcast_arrays(np.asarray(easting, np.float64), np.asarray(northing, np.float64))
    lon, lat = _utm(_zone(zone), northern).transform(east.ravel(), north.ravel(), direction="INVERSE")
    outside = np.flatnonzero(~(np.isfinite(lat) & np.isfinite(lon)))
    if len(outside):
        row = outside[0]
        raise ValueError(f"UTM {east.flat[row]} E, {north.flat[row]} N is outside zone {zone}")
    return np.stack([lat, lon], axis=-1)


def points_to_utm(points: Sequence[GeoPoint] | Float64, zone: int, northern: bool) -> Float64:
    """(n, 2) UTM meters, east and north, of points or of rows of (lat, lon), all in the given zone.

    Raises `ValueError` for zones outside 1..60.
    """
    degrees = _degrees(points)
    easting, northing = _utm(_zone(zone), northern).transform(degrees[:, 1], degrees[:, 0])
    return np.stack([easting, northing], axis=-1)


def point_to_utm(point: GeoPoint) -> tuple[float, float, int, bool]:
    """(easting, northing, zone, northern) in the point's standard zone (no Norway exceptions)."""
    zone = min(int((point.lon + 180.0) // 6.0) + 1, 60)
    northern = point.lat >= 0
    easting, northing = _utm(zone, northern).transform(point.lon, point.lat)
    return float(easting), float(northing), zone, northern


def _zone(zone: int) -> int:
    if not 1 <= zone <= 60:
        raise ValueError(f"UTM zone {zone} is not in 1..60")
    return zone


def _degrees(points: Sequence[GeoPoint] | Float64) -> Float64:
    if isinstance(points, np.ndarray):
        return np.asarray(points, np.float64).reshape(-1, 2)
    return np.array([(p.lat, p.lon) for p in points], np.float64).reshape(-1, 2)


@lru_cache(maxsize=64)
def _projection(origin: GeoPoint) -> Any:
    aeqd = f"+proj=aeqd +lat_0={origin.lat!r} +lon_0={origin.lon!r} +datum=WGS84 +units=m"
    return Transformer.from_crs("EPSG:4326", aeqd, always_xy=True)


@lru_cache(maxsize=128)
def _utm(zone: int, northern: bool) -> Any:
    return Transformer.from_crs("EPSG:4326", f"EPSG:{(32600 if northern else 32700) + zone}", always_xy=True)
