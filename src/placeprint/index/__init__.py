"""Vectors in, nearest neighbors out."""

from placeprint.index.exact import ExactIndex as ExactIndex
from placeprint.index.exact_batches import exact_search as exact_search
from placeprint.index.index import Index as Index

__all__ = ["ExactIndex", "Index", "exact_search"]
