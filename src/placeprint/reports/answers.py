"""Choosing the format of a file of answers by its suffix."""

from collections.abc import Callable, Sequence
from pathlib import Path

from placeprint.errors import PlaceprintError
from placeprint.placemap.place import Answer
from placeprint.reports.geographic.geojson import write_geojson
from placeprint.reports.geographic.gpx import write_gpx
from placeprint.reports.geographic.kml import write_kml, write_kmz
from placeprint.reports.table_csv import write_csv

Writer = Callable[[Path, Sequence[Answer]], None]


def write_answers(path: str | Path, answers: Sequence[Answer]) -> None:
    """Write GeoJSON, KML, KMZ, CSV or GPX. Raises `PlaceprintError` for any other suffix."""
    path = Path(path)
    writers: dict[str, Writer] = {
        ".geojson": write_geojson,
        ".kml": write_kml,
        ".kmz": write_kmz,
        ".csv": write_csv,
        ".gpx": write_gpx,
    }
    writer = writers.get(path.suffix.lower())
    if writer is None:
        raise PlaceprintError(
            f"{path}: unknown file suffix {path.suffix!r}", f"Use one of {', '.join(writers)}."
        )
    writer(path, answers)
