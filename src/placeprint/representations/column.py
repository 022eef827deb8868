"""What is stored about a photo under one name, and the arrays it consists of on disk."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from numpy.typing import NDArray

from placeprint.errors import FormatError


@dataclass(frozen=True)
class ArraySpec:
    """One array of a column. `shape`: of a photo's part; if `ragged`, of one of its rows, of which a photo
    may have any number. Without a dtype, an array takes that of the first photo's part, and without a shape,
    its shape.
    """

    dtype: str | None
    shape: tuple[int, ...] | None
    ragged: bool = False


class ColumnKind(Protocol):
    """How the values of a column are split into arrays and reassembled.

    `arrays`: by name; all ragged arrays of a column have the same number of rows for each photo. A photo may
    have no value (None) if there is a ragged array.
    """

    kind: ClassVar[str]

    @property
    def arrays(self) -> Mapping[str, ArraySpec]:
        """The arrays of a value, by name."""

    def pack(self, value: Any) -> dict[str, NDArray[Any]]:
        """The arrays of one value. Raises `ValueError` for an unsuitable value."""
        ...

    def unpack(self, arrays: Mapping[str, NDArray[Any]]) -> Any:
        """The value, reassembled."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Settings, as JSON."""
        ...


@dataclass(frozen=True)
class Column:
    """Values of one `kind` under a `name`: "vector", "local", "words", "thumbnail"."""

    name: str
    kind: ColumnKind

    @property
    def ragged(self) -> bool:
        """Whether photos have different numbers of rows, or none at all."""
        return any(spec.ragged for spec in self.kind.arrays.values())

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {"name": self.name, "kind": self.kind.kind, **self.kind.to_dict()}


KINDS: dict[str, Callable[..., Any]] = {}
"""Kinds of columns by name; `column_from_dict` creates them from JSON."""


def column_from_dict(said: Mapping[str, Any]) -> Column:
    """The inverse of `Column.to_dict`. Raises `FormatError` for a kind that this placeprint does not know."""
    settings = dict(said)
    try:
        name, kind = str(settings.pop("name")), str(settings.pop("kind"))
        if not re.fullmatch(r"[\w-]+", name, re.ASCII):  # it becomes the name of a file
            raise ValueError(f"{name!r} is no name")
        return Column(name, KINDS[kind](**settings))
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"unknown column {dict(said)} ({error})", "Upgrade placeprint.") from error
