"""Positions on the Earth: WGS84 points, geodesics, UTM, metric frames, neighbors within a radius."""

from placeprint.geo.geodesy import WGS84 as WGS84
from placeprint.geo.geodesy import GeoPoint as GeoPoint
from placeprint.geo.geodesy import LocalFrame as LocalFrame
from placeprint.geo.geodesy import distances as distances
from placeprint.geo.geodesy import point_to_utm as point_to_utm
from placeprint.geo.geodesy import points_to_utm as points_to_utm
from placeprint.geo.geodesy import utm_to_point as utm_to_point
from placeprint.geo.geodesy import utm_to_points as utm_to_points

__all__ = [
    "WGS84",
    "GeoPoint",
    "LocalFrame",
    "distances",
    "point_to_utm",
    "points_to_utm",
    "utm_to_point",
    "utm_to_points",
]
