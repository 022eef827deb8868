"""Damage in stored files: what is wrong, and which photos it costs."""

from dataclasses import dataclass

from placeprint.errors import FormatError

MEND = "`placeprint doctor MAP` lists what is damaged; restore the map from a backup, or build it again."


@dataclass(frozen=True)
class Fault:
    """What is wrong with a file of a segment. `rows`: the photos that it costs; None for all of them."""

    segment: int
    what: str
    rows: frozenset[int] | None = None


class DamagedSegmentError(FormatError):
    """A part of a segment that was read is damaged; the map is used without the photos it belongs to."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.what, MEND)
        self.fault = fault


class Known:
    """The faults found so far while a map is open. Segments never change, so that they stay true."""

    def __init__(self) -> None:
        self._faults: dict[Fault, None] = {}

    def add(self, fault: Fault) -> None:
        """Remember it."""
        self._faults[fault] = None

    def of(self, segment: int) -> list[Fault]:
        """Those of one segment."""
        return [fault for fault in list(self._faults) if fault.segment == segment]


def photos_left_out(what: str, photos: int) -> str:
    """The sentence that a reader is told."""
    lost = (
        "no photo is lost" if not photos else f"{photos:,} photo{' is' if photos == 1 else 's are'} left out"
    )
    return f"{what}; {lost}"
