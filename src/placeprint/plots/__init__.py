"""Figures: matched photos, the map of a place, calibration curves. Numbers in, pictures out."""

from placeprint.plots.landmarks import Landmark as Landmark
from placeprint.plots.map_view import MapView as MapView
from placeprint.plots.matches import draw_matches as draw_matches
from placeprint.plots.overview import Overview as Overview
from placeprint.plots.photo_map import MAP_STYLE as MAP_STYLE
from placeprint.plots.photo_map import Estimate as Estimate
from placeprint.plots.photo_map import photo_map as photo_map
from placeprint.plots.reliability import reliability_png as reliability_png

__all__ = [
    "MAP_STYLE",
    "Estimate",
    "Landmark",
    "MapView",
    "Overview",
    "draw_matches",
    "photo_map",
    "reliability_png",
]
