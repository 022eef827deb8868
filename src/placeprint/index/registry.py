"""Indexes by name."""

from typing import Any

from placeprint.index.index import Index
from placeprint.registry import Registry

INDEXES: "Registry[Any]" = Registry("index", "placeprint.index", "placeprint.indexes")
"""`INDEXES.make("exact,metric=ip", dim)` creates an index for vectors of `dim` numbers."""


def make_index(spec: str, dim: int) -> Index:
    """An empty index from its short text: `exact`, `exact,metric=ip`, `faiss:IVF64,Flat`.

    Raises `PlaceprintError` for an unknown name or option.
    """
    made: Index = INDEXES.make(spec, dim)
    return made
