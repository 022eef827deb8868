"""Reading photos: decoding, sizes, and positions from names, sidecars, EXIF and lists."""

from placeprint.photos.decode import PhotoSource as PhotoSource
from placeprint.photos.decode import load as load
from placeprint.photos.decode import path_of as path_of
from placeprint.photos.listing import find as find
from placeprint.photos.metadata.info import PhotoInfo as PhotoInfo
from placeprint.photos.metadata.info import read_info as read_info
from placeprint.photos.metadata.xmp import write_sidecar as write_sidecar
from placeprint.photos.record import PhotoList as PhotoList
from placeprint.photos.record import PhotoRecord as PhotoRecord
from placeprint.photos.record import Skipped as Skipped
from placeprint.photos.resize import resize as resize

__all__ = [
    "PhotoInfo",
    "PhotoList",
    "PhotoRecord",
    "PhotoSource",
    "Skipped",
    "find",
    "load",
    "path_of",
    "read_info",
    "resize",
    "write_sidecar",
]
