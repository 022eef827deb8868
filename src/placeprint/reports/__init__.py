"""Answers as files: a table, GeoJSON, KML and KMZ, GPX, CSV, and a self-contained page."""

from placeprint.reports.answers import write_answers as write_answers
from placeprint.reports.context import Picture as Picture
from placeprint.reports.context import ReportContext as ReportContext
from placeprint.reports.geographic.geojson import to_geojson as to_geojson
from placeprint.reports.geographic.geojson import write_geojson as write_geojson
from placeprint.reports.geographic.gpx import write_gpx as write_gpx
from placeprint.reports.geographic.kml import write_kml as write_kml
from placeprint.reports.geographic.kml import write_kmz as write_kmz
from placeprint.reports.html.page import write_html as write_html
from placeprint.reports.map_context import map_context as map_context
from placeprint.reports.relative_paths import relative_paths as relative_paths
from placeprint.reports.sidecars import Sidecar as Sidecar
from placeprint.reports.sidecars import write_sidecars as write_sidecars
from placeprint.reports.table import answer_table as answer_table
from placeprint.reports.table import print_table as print_table
from placeprint.reports.table_csv import write_csv as write_csv

__all__ = [
    "Picture",
    "ReportContext",
    "Sidecar",
    "answer_table",
    "map_context",
    "print_table",
    "relative_paths",
    "to_geojson",
    "write_answers",
    "write_csv",
    "write_geojson",
    "write_gpx",
    "write_html",
    "write_kml",
    "write_kmz",
    "write_sidecars",
]
