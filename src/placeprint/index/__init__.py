"""Vectors in, nearest neighbours out."""

from placeprint.index.exact import ExactIndex as ExactIndex

__all__ = ["ExactIndex"]
