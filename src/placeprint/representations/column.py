"""What is kept of a photo under one name, and the arrays that it is made of on the disk."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from numpy.typing import NDArray

from placeprint.errors import FormatError


@dataclass(frozen=True)
class ArraySpec:
    """One array of a column. `shape`: of a photo's part; where `ragged`, of one of its rows, of which a photo
    may have any number. An array without a dtype takes that of the first photo's part, and where it is also
    without a shape, its shape."""

    dtype: str | None
    shape: tuple[int, ...] | None
    ragged: bool = False


class ColumnKind(Protocol):
    """How the values of a column are taken apart into arrays and put together again.

    `arrays`: by name; ragged ones of a column have the same number of rows in each photo. A photo may have
    no value (None) where there is a ragged array.
    """

    kind: ClassVar[str]

    @property
    def arrays(self) -> Mapping[str, ArraySpec]: ...

    def pack(self, value: Any) -> dict[str, NDArray[Any]]:
        """The arrays of one value. Raises `ValueError` for one that does not fit."""
        ...

    def unpack(self, arrays: Mapping[str, NDArray[Any]]) -> Any:
        """The value again."""
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
        """As JSON."""
        return {"name": self.name, "kind": self.kind.kind, **self.kind.to_dict()}


KINDS: dict[str, Callable[..., Any]] = {}
"""Kinds of columns by name; `column_from_dict` makes them from JSON."""


def column_from_dict(said: Mapping[str, Any]) -> Column:
    """From `Column.to_dict`. Raises `FormatError` for a kind that this placeprint does not know."""
    settings = dict(said)
    try:
        name, kind = str(settings.pop("name")), str(settings.pop("kind"))
        return Column(name, KINDS[kind](**settings))
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"a column {dict(said)} is not known ({error})", "Upgrade placeprint.") from error
