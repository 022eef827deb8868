"""What is added to a map: photos with a position that it does not contain yet."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from placeprint.photos import PhotoList, PhotoRecord

logger = logging.getLogger(__name__)


@dataclass
class Additions:
    """The result of `build` or `add`. `known` photos were in the map already, `moved` ones under other paths.
    `skipped`: (path, reason) of each photo left out.
    """

    added: int = 0
    known: int = 0
    moved: int = 0
    seconds: float = 0.0
    skipped: list[tuple[str, str]] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Photos per second, from file to stored segment, excluding calibration."""
        return self.added / max(self.seconds, 1e-9)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        skipped = [{"path": path, "reason": reason} for path, reason in self.skipped]
        return {
            "added": self.added,
            "known": self.known,
            "moved": self.moved,
            "photos_per_second": self.rate,
            "skipped": skipped,
        }


def positioned(
    photos: str | Path | PhotoList | Sequence[PhotoRecord],
    where: Mapping[str, str] | None,
    quiet: bool = False,
) -> tuple[list[PhotoRecord], list[tuple[str, str]]]:
    """Photos with a position, by absolute path, and (path, reason) of the others."""
    if isinstance(photos, str | Path | PhotoList):
        from placeprint.photos import find  # with all that reads metadata, which locating does not need

        found = photos if isinstance(photos, PhotoList) else _told(find(photos, where, quiet=quiet))
        listed, skipped = found.photos, [(str(s.path.absolute()), s.reason) for s in found.skipped]
    else:
        listed = [r for r in photos if r.point is not None]
        skipped = [(str(Path(r.path).absolute()), "no position") for r in photos if r.point is None]
    return [replace(r, path=Path(r.path).absolute()) for r in listed], skipped


def _told(found: PhotoList) -> PhotoList:
    """The same, with what else lies there in the log."""
    for note in found.notes:
        logger.info("%s", note)
    if found.ignored:
        from placeprint.photos.left_out import kinds_in_words

        logger.info("Not photos: %s", kinds_in_words(found.ignored))
    return found
