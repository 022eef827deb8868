"""Figures: matched photos, the map of a place, calibration curves. Numbers in, pictures out."""

from placeprint.plots.curves.chart import CHART_STYLE as CHART_STYLE
from placeprint.plots.curves.error_curve import error_curve as error_curve
from placeprint.plots.curves.error_curve import error_histogram as error_histogram
from placeprint.plots.curves.precision_recall_curve import precision_recall_curve as precision_recall_curve
from placeprint.plots.curves.recall_curve import recall_curve as recall_curve
from placeprint.plots.curves.reliability import reliability_png as reliability_png
from placeprint.plots.curves.reliability_curve import reliability_curve as reliability_curve
from placeprint.plots.maps.landmarks import Landmark as Landmark
from placeprint.plots.maps.map_view import MapView as MapView
from placeprint.plots.maps.overview import Overview as Overview
from placeprint.plots.maps.photo_map import MAP_STYLE as MAP_STYLE
from placeprint.plots.maps.photo_map import Estimate as Estimate
from placeprint.plots.maps.photo_map import photo_map as photo_map
from placeprint.plots.maps.places_map import places_map as places_map
from placeprint.plots.matches import draw_matches as draw_matches

__all__ = [
    "CHART_STYLE",
    "MAP_STYLE",
    "Estimate",
    "Landmark",
    "MapView",
    "Overview",
    "draw_matches",
    "error_curve",
    "error_histogram",
    "photo_map",
    "places_map",
    "precision_recall_curve",
    "recall_curve",
    "reliability_curve",
    "reliability_png",
]
