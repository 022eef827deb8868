"""Vectors in, nearest neighbours out."""

from placeprint.index.exact import ExactIndex as ExactIndex
from placeprint.index.index import Index as Index

__all__ = ["ExactIndex", "Index"]
