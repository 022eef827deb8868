"""Estimates as GPX 1.1 waypoints, for navigation devices and photo managers.

GPX has no regions and no null positions: radii and confidence are in the description, and the photos
without a match are counted and named in the file's own description.
"""

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from placeprint.artifact import replace_file
from placeprint.placemap.place import Answer, Failed, NoMatch, Place
from placeprint.plots.svg import length
from placeprint.reports.formats import FORMATS
from placeprint.reports.text import confidence_words, legible, query_name

NAMESPACE = "http://www.topografix.com/GPX/1/1"


@FORMATS.register(".gpx")
def write_gpx(path: str | Path, answers: Sequence[Answer]) -> None:
    """Write one waypoint for each located photo."""
    root = ElementTree.Element("gpx", {"version": "1.1", "creator": "placeprint", "xmlns": NAMESPACE})
    about = ElementTree.SubElement(root, "metadata")
    _text(about, "name", "Places estimated by placeprint")
    told = []
    for kind, words in ((NoMatch, "without a match"), (Failed, "not read")):
        names = [query_name(answer.query) for answer in answers if isinstance(answer, kind)]
        if names:
            told.append(f"{len(names)} of {len(answers)} photos {words}: {', '.join(names)}")
    _text(about, "desc", "; ".join(told))
    for answer in answers:
        if isinstance(answer, Place):
            _waypoint(root, answer)
    ElementTree.indent(root)
    replace_file(Path(path), ElementTree.tostring(root, "utf-8", xml_declaration=True))


def _waypoint(root: ElementTree.Element, place: Place) -> None:
    # The schema's longitudes end before 180.
    lon = -180.0 if place.point.lon == 180.0 else place.point.lon
    point = ElementTree.SubElement(root, "wpt", {"lat": f"{place.point.lat:.8f}", "lon": f"{lon:.8f}"})
    _text(point, "name", f"{query_name(place.query)} (estimate)")
    _text(point, "cmt", legible(place.query))
    _text(
        point,
        "desc",
        f"Estimated position: within {length(place.radius_50)} with 50 % and within "
        f"{length(place.radius_90)} with 90 % probability; confidence {place.confidence:.2f} "
        f"({confidence_words(place.confidence)})",
    )
    _text(point, "type", "estimate")


def _text(parent: ElementTree.Element, name: str, text: str) -> None:
    if text:
        ElementTree.SubElement(parent, name).text = text
