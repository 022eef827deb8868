"""Estimates as XMP sidecars beside the photos, and their undoing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from placeprint.errors import PhotoError
from placeprint.photos import read_info, write_sidecar
from placeprint.placemap.place import Answer, Place
from placeprint.reports.context import ReportContext

LEAST_CONFIDENCE = 0.8
"""An estimate less sure than this is not written unless asked for."""


@dataclass(frozen=True)
class Sidecar:
    """What was done, or would be, with the sidecar of a photo: `written` is its path, or None and why not."""

    photo: str
    written: Path | None
    reason: str = ""


def write_sidecars(
    answers: Sequence[Answer],
    context: ReportContext | None = None,
    least_confidence: float = LEAST_CONFIDENCE,
    dry_run: bool = False,
) -> Iterator[Sidecar]:
    """Write the estimate of each located photo into its sidecar (`write_sidecar`), one result per answer.

    Left out are photos in memory, answers below `least_confidence`, and every photo that has
    a position of its own, in the file or beside it: an estimate never replaces a measurement. `dry_run`: only
    say what would be written. `photos.remove_estimate` undoes it.
    """
    context = context or ReportContext()
    for answer in answers:
        path = context.query_file(answer)
        shown = answer.query or ""
        if not isinstance(answer, Place):
            yield Sidecar(shown, None, answer.reason)
        elif path is None or not Path(path).is_file():
            yield Sidecar(shown, None, "there is no file")
        elif answer.confidence < least_confidence:
            yield Sidecar(shown, None, f"confidence {answer.confidence:.2f} is below {least_confidence:g}")
        else:
            yield _written(Path(path), shown, answer, dry_run)


def _written(photo: Path, shown: str, place: Place, dry_run: bool) -> Sidecar:
    try:
        info = read_info(photo)
        if info.point is not None:
            return Sidecar(shown, None, f"has a position of its own ({info.source or 'measured'})")
        return Sidecar(shown, write_sidecar(photo, place.point, dry_run=dry_run))
    except PhotoError as error:
        return Sidecar(shown, None, error.reason)
    except OSError as error:
        return Sidecar(shown, None, f"cannot be written ({error.strerror})")
