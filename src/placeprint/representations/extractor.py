"""The interface of what computes the columns of a photo from its image."""

from collections.abc import Mapping
from typing import Any, Protocol

from placeprint.arrays import Pixels
from placeprint.registry import Registry
from placeprint.representations.column import Column


class Extractor(Protocol):
    """One or several columns, each computed once per photo, from its working image."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns it computes."""
        ...

    def extract(self, image: Pixels) -> Mapping[str, Any]:
        """The value of each column by name, for an image (h, w, 3). Thread-safe."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Settings, as JSON: values computed with different settings must not be compared."""
        ...


EXTRACTORS: "Registry[Any]" = Registry("column", "placeprint.representations", "placeprint.columns")
"""Extractors by the name of the column that stages of a pipeline ask for; each has `from_dict`."""
