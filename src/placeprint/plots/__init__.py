"""Figures: matched photos, the map of a place, calibration curves. Numbers in, pictures out."""

from placeprint.plots.chart import CHART_STYLE as CHART_STYLE
from placeprint.plots.error_curve import error_curve as error_curve
from placeprint.plots.error_curve import error_histogram as error_histogram
from placeprint.plots.landmarks import Landmark as Landmark
from placeprint.plots.map_view import MapView as MapView
from placeprint.plots.matches import draw_matches as draw_matches
from placeprint.plots.overview import Overview as Overview
from placeprint.plots.photo_map import MAP_STYLE as MAP_STYLE
from placeprint.plots.photo_map import Estimate as Estimate
from placeprint.plots.photo_map import photo_map as photo_map
from placeprint.plots.precision_recall_curve import precision_recall_curve as precision_recall_curve
from placeprint.plots.recall_curve import recall_curve as recall_curve
from placeprint.plots.reliability import reliability_png as reliability_png
from placeprint.plots.reliability_curve import reliability_curve as reliability_curve

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
    "precision_recall_curve",
    "recall_curve",
    "reliability_curve",
    "reliability_png",
]
