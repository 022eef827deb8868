"""Photos in: decoding, sizes, positions from names, sidecars, EXIF and lists."""

from placeprint.photos.decode import load as load
from placeprint.photos.info import PhotoInfo as PhotoInfo
from placeprint.photos.info import read_info as read_info
from placeprint.photos.listing import find as find
from placeprint.photos.record import PhotoList as PhotoList
from placeprint.photos.record import PhotoRecord as PhotoRecord
from placeprint.photos.record import Skipped as Skipped
from placeprint.photos.resize import resize as resize
from placeprint.photos.xmp import write_sidecar as write_sidecar

__all__ = [
    "PhotoInfo",
    "PhotoList",
    "PhotoRecord",
    "Skipped",
    "find",
    "load",
    "read_info",
    "resize",
    "write_sidecar",
]
