"""Answers in a file, in the format that its name asks for."""

from collections.abc import Sequence
from pathlib import Path

from placeprint.errors import PlaceprintError
from placeprint.placemap.place import Answer
from placeprint.reports.formats import FORMATS


def write_answers(path: str | Path, answers: Sequence[Answer]) -> None:
    """Write GeoJSON, KML, KMZ, CSV or GPX, or what `FORMATS` knows besides.

    Raises `PlaceprintError` for any other ending.
    """
    path = Path(path)
    writer = FORMATS.get(path.suffix.lower())
    if writer is None:
        raise PlaceprintError(
            f"{path}: no format is known by the ending {path.suffix!r}", f"Use one of {', '.join(FORMATS)}."
        )
    writer(path, answers)
