"""What every dialect is read into: rows of named values, each with its place in the file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from placeprint.errors import PlaceprintError

MAX_ROWS, MAX_COLUMNS = 1_000_000, 2_000
GEOMETRY, CRS = "geometry", "crs"
"""Columns that a dialect adds: a point as GeoJSON has it, and the system of its coordinates."""


class NotAListError(PlaceprintError):
    """A file that is no list of photos, or names no column of photos or positions."""


@dataclass(slots=True)
class Row:
    """`place`: "line 4" or "item 4". `problem`: why nothing can be read from it."""

    place: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    problem: str | None = None


@dataclass(slots=True)
class Sheet:
    """The rows of a list, in its order.

    names: of the columns, where a line of the list names them.
    estimates: written by placeprint's `locate`, so that its positions are no references.
    bare: paths alone; positions are in the photos.
    """

    rows: list[Row]
    estimates: bool = False
    bare: bool = False
    names: Sequence[str] = ()

    def columns(self) -> list[str]:
        """Names of all columns, in the order in which they appear."""
        names: dict[str, None] = dict.fromkeys(self.names)
        for row in self.rows:
            if len(names) <= MAX_COLUMNS:
                names |= dict.fromkeys(row.fields)
        return list(names)[:MAX_COLUMNS]
