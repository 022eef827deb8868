"""Writing answers to a file in the format given by its suffix."""

from collections.abc import Sequence
from pathlib import Path

from placeprint.errors import PlaceprintError
from placeprint.placemap.place import Answer
from placeprint.reports.formats import FORMATS


def write_answers(path: str | Path, answers: Sequence[Answer]) -> None:
    """Write GeoJSON, KML, KMZ, CSV, GPX or another format in `FORMATS`.

    Raises `PlaceprintError` for any other suffix.
    """
    path = Path(path)
    writer = FORMATS.get(path.suffix.lower())
    if writer is None:
        raise PlaceprintError(
            f"{path}: unknown file suffix {path.suffix!r}", f"Use one of {', '.join(FORMATS)}."
        )
    writer(path, answers)
