"""Writing answers to a file in the format given by its suffix."""

from collections.abc import Sequence
from pathlib import Path

from placeprint.errors import PlaceprintError
from placeprint.placemap.place import Answer
from placeprint.reports.context import ReportContext
from placeprint.reports.formats import FORMATS


def write_answers(path: str | Path, answers: Sequence[Answer], context: ReportContext | None = None) -> None:
    """Write GeoJSON, KML, KMZ, CSV, GPX or another format in `FORMATS`.

    With the `context` of the map (`map_context`) the file also says which map, model and settings made the
    answers, and a KMZ shows reference photos whose files are gone. Raises `PlaceprintError` for any other
    suffix.
    """
    path = Path(path)
    check_suffix(path)
    FORMATS[path.suffix.lower()](path, answers, context or ReportContext())


def check_suffix(path: Path) -> None:
    """Raises `PlaceprintError` if no format has the suffix of this path."""
    if path.suffix.lower() not in FORMATS:
        raise PlaceprintError(
            f"{path}: unknown file suffix {path.suffix!r}", f"Use one of {', '.join(FORMATS)}."
        )
