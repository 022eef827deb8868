"""The interface of every descriptor: photos in, unit vectors out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from placeprint.arrays import Float32, UInt8
from placeprint.registry import Registry

Photo = str | Path | UInt8
"""A file, or a decoded RGB photo (height, width, 3) as returned by `photos.load`."""


class Descriptor(Protocol):
    """Turns a photo into one vector, such that photos of the same place have nearby vectors.

    `fingerprint` changes with the recipe and with every learned number: vectors with different fingerprints
    must never be compared. `recipe` is JSON: what a person needs to know about how the vectors are made
    (input size, normalization, network, pooling, dimension).
    """

    @property
    def name(self) -> str:
        """The name users know it by."""

    @property
    def dim(self) -> int:
        """Length of the vectors."""

    @property
    def fingerprint(self) -> str:
        """Hex digits that identify the recipe and the learned numbers."""

    @property
    def recipe(self) -> dict[str, Any]:
        """JSON of how the vectors are made."""

    def describe(self, photos: Sequence[Photo]) -> Float32:
        """Describe n photos as (n, dim), rows of unit length.

        Row i depends on photo i alone, whatever else is in the batch. Raises `PhotoError` at the first photo
        that cannot be read.
        """
        ...

    def save(self, path: Path) -> None:
        """Write everything that was learned to one file, which `open_descriptor` reads."""
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
