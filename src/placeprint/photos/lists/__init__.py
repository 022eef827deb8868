"""Lists of photos as other programs write them: CSV, JSON, GeoJSON, ODM's, COLMAP's, a path a line."""

from placeprint.photos.lists.reading import SUFFIXES as SUFFIXES
from placeprint.photos.lists.reading import read_list as read_list
from placeprint.photos.lists.sheet import NotAListError as NotAListError

__all__ = ["SUFFIXES", "NotAListError", "read_list"]
