"""Which columns a photo gets: a descriptor's vector, and what the stages of a pipeline need."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Pixels
from placeprint.representations.column import Column
from placeprint.representations.extractor import EXTRACTORS, Extractor
from placeprint.representations.kinds import Dense
from placeprint.representations.representation import Representation

VECTOR = "vector"
"""The column of a descriptor's dense vector."""


class Describing(Protocol):
    """The part of a `Descriptor` that fills a column."""

    @property
    def dim(self) -> int:
        """See `Descriptor`."""

    @property
    def fingerprint(self) -> str:
        """See `Descriptor`."""

    def describe(self, photos: Sequence[Any]) -> NDArray[np.float32]:
        """See `Descriptor.describe`."""


@dataclass(frozen=True)
class VectorExtractor:
    """The column "vector", computed by a descriptor."""

    descriptor: Describing

    @property
    def columns(self) -> tuple[Column, ...]:
        """See `Extractor.columns`."""
        return (Column(VECTOR, Dense(self.descriptor.dim)),)

    def extract(self, image: Pixels) -> Mapping[str, Any]:
        """See `Extractor.extract`."""
        return {VECTOR: self.descriptor.describe([image])[0]}

    def to_dict(self) -> dict[str, Any]:
        """See `Extractor.to_dict`."""
        return {"fingerprint": self.descriptor.fingerprint}


@dataclass(frozen=True)
class Recipe:
    """The extractors of a map or an evaluation. Raises `ValueError` if two compute the same column."""

    extractors: tuple[Extractor, ...]

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if len(set(names)) < len(names):
            raise ValueError(f"two extractors compute the same column: {', '.join(names)}")

    @property
    def columns(self) -> tuple[Column, ...]:
        """Those of all extractors, in order."""
        return tuple(column for extractor in self.extractors for column in extractor.columns)

    def extract(self, image: Pixels) -> dict[str, Any]:
        """All columns of an image, each computed once."""
        return {name: value for e in self.extractors for name, value in e.extract(image).items()}

    def represent(self, image: Pixels, known: Mapping[str, Any] | None = None) -> Representation:
        """The same, but each extractor is called when one of its columns is first requested; `known` columns
        already have values.
        """
        makers: dict[str, Callable[[], Any]] = {}
        for extractor in self.extractors:
            made = Representation(makers={"": partial(extractor.extract, image)})
            makers |= {column.name: partial(_part, made, column.name) for column in extractor.columns}
        return Representation(known, makers)


def extractors_of(columns: Iterable[str]) -> dict[str, Extractor]:
    """Extractors of these columns by name, with default settings; a descriptor makes "vector"."""
    return {name: EXTRACTORS.find(name)() for name in sorted(set(columns) - {VECTOR})}


def _part(made: Representation, name: str) -> Any:
    return made[""][name]
