"""Estimates as GPX 1.1, for navigation devices and photo managers: a waypoint for each located photo, and a
track through those whose time is known, in the order of time.

GPX has no regions and no null positions: radii and confidence are in the description, and the photos
without a match are counted and named in the file's own description. Its times are UTC ("Z") where a photo
gives its time zone; others are the camera's own clock, without a zone, and the file's description says so.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from placeprint.artifact import replace_file
from placeprint.errors import PhotoError
from placeprint.photos import read_info
from placeprint.placemap.place import Answer, Failed, NoMatch, Place
from placeprint.plots.svg import length
from placeprint.reports.context import ReportContext
from placeprint.reports.formats import FORMATS
from placeprint.reports.names import Names
from placeprint.reports.text import confidence_words, legible, map_link, remarks

NAMESPACE = "http://www.topografix.com/GPX/1/1"
OURS = "https://github.com/placeprint/placeprint/gpx/1"


@FORMATS.register(".gpx")
def write_gpx(path: str | Path, answers: Sequence[Answer], context: ReportContext | None = None) -> None:
    """Write one waypoint for each located photo, and a track in the order of their times."""
    context, names = context or ReportContext(), Names.of(answers)
    root = Element(
        "gpx", {"version": "1.1", "creator": "placeprint", "xmlns": NAMESPACE, "xmlns:placeprint": OURS}
    )
    places = [answer for answer in answers if isinstance(answer, Place)]
    times = [_time(context.query_file(place)) for place in places]
    about = SubElement(root, "metadata")
    _text(about, "name", "Places estimated by placeprint")
    _text(about, "desc", "; ".join(_said(answers, names, times)))
    _text(about, "time", context.created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    _extensions(about, context.provenance())
    for place, time in zip(places, times, strict=True):
        _waypoint(root, place, time, names, context.digest(place))
    timed = [(time, place) for time, place in zip(times, places, strict=True) if time is not None]
    if len(timed) > 1:
        _track(root, timed)
    ElementTree.indent(root)
    replace_file(Path(path), ElementTree.tostring(root, "utf-8", xml_declaration=True))


def _said(answers: Sequence[Answer], names: Names, times: Sequence[datetime | None]) -> list[str]:
    told = []
    for kind, words in ((NoMatch, "without a match"), (Failed, "not read")):
        named = [names.query(answer) for answer in answers if isinstance(answer, kind)]
        if named:
            told.append(f"{len(named)} of {len(answers)} photos {words}: {', '.join(named)}")
    if any(time is not None and time.tzinfo is None for time in times):
        told.append("times without Z are the camera's own clock")
    return told


def _waypoint(root: Element, place: Place, time: datetime | None, names: Names, digest: str | None) -> None:
    point = SubElement(root, "wpt", _at(place))
    _text(point, "time", _written(time))
    _text(point, "name", f"{names.query(place)} (estimate)")
    _text(point, "cmt", legible(place.query))
    said = [
        f"Estimated position: within {length(place.radius_50)} with 50 % and within "
        f"{length(place.radius_90)} with 90 % probability; confidence {place.confidence:.2f} "
        f"({confidence_words(place.confidence)})",
        *remarks(place),
    ]
    _text(point, "desc", "; ".join(said))
    SubElement(point, "link", {"href": map_link(place.point.lat, place.point.lon)})
    _text(point, "type", "estimate")
    _extensions(point, {"sha256": digest, "orientation": str(place.orientation), "in_map": place.in_map})


def _track(root: Element, timed: list[tuple[datetime, Place]]) -> None:
    track = SubElement(root, "trk")
    _text(track, "name", "Located photos in the order of their times")
    segment = SubElement(track, "trkseg")
    # Clocks with and without a zone cannot be compared: those without are taken as they are.
    for time, place in sorted(timed, key=lambda each: each[0].replace(tzinfo=each[0].tzinfo or UTC)):
        _text(SubElement(segment, "trkpt", _at(place)), "time", _written(time))


def _at(place: Place) -> dict[str, str]:
    # The schema's longitudes end before 180.
    lon = -180.0 if place.point.lon == 180.0 else place.point.lon
    return {"lat": f"{place.point.lat:.8f}", "lon": f"{lon:.8f}"}


def _time(path: str | None) -> datetime | None:
    if path is None:
        return None
    try:
        return read_info(path).time
    except (PhotoError, OSError):
        return None


def _written(time: datetime | None) -> str:
    if time is None:
        return ""
    if time.tzinfo is None:
        return time.isoformat(timespec="seconds")
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _extensions(parent: Element, facts: dict[str, object]) -> None:
    known = {name: value for name, value in facts.items() if value not in (None, {})}
    if known:
        extensions = SubElement(parent, "extensions")
        for name, value in known.items():
            said = "; ".join(f"{k}: {v}" for k, v in value.items()) if isinstance(value, dict) else str(value)
            _text(extensions, f"placeprint:{name}", legible(said))


def _text(parent: Element, name: str, text: str) -> None:
    if text:
        SubElement(parent, name).text = text
