"""What every descriptor offers: photos in, unit vectors out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from placeprint.arrays import Float32, UInt8
from placeprint.registry import Registry

Photo = str | Path | UInt8
"""A file, or a decoded RGB photo (height, width, 3) as `photos.load` gives it."""


class Descriptor(Protocol):
    """Turns a photo into one vector such that photos of one place lie near each other.

    `fingerprint` changes with the recipe and with every learned number: vectors of different
    fingerprints must never be compared. `recipe` is JSON: what a person needs to know about how the
    vectors are made (input size, normalization, network, pooling, dimension).
    """

    @property
    def name(self) -> str: ...

    @property
    def dim(self) -> int: ...

    @property
    def fingerprint(self) -> str: ...

    @property
    def recipe(self) -> dict[str, Any]: ...

    def describe(self, photos: Sequence[Photo]) -> Float32:
        """Describe n photos as (n, dim), rows of unit length.

        Row i depends on photo i alone, whatever else is in the batch. Raises `PhotoError` at the
        first photo that cannot be used.
        """
        ...

    def save(self, path: Path) -> None:
        """Write everything learned to one file, which `open_descriptor` reads."""
        ...


class LearnedDescriptor(Protocol):
    """A class of descriptors that learn from photos, and load what `save` wrote."""

    def learn(
        self, photos: Sequence[Photo], dim: int = ..., seed: int = ..., quiet: bool = ...
    ) -> Descriptor:
        """From photos like those to be described. Raises `PlaceprintError` where they are too few."""
        ...

    def load(self, path: Path) -> Descriptor:
        """Raises `FormatError` for any other file."""
        ...


DESCRIPTORS: Registry[Any] = Registry("descriptor", "placeprint.descriptors", "placeprint.descriptors", False)
"""Descriptors by the names that pipelines use: classes with `learn` and `load` (`LearnedDescriptor`), or
functions that make a descriptor from the options behind the name."""
