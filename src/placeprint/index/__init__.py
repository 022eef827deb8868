"""From vectors to nearest neighbors."""

from placeprint.index.exact import ExactIndex as ExactIndex
from placeprint.index.index import Index as Index
from placeprint.index.registry import INDEXES as INDEXES
from placeprint.index.registry import make_index as make_index

__all__ = ["INDEXES", "ExactIndex", "Index", "make_index"]
