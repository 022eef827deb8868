"""Reading photos: decoding, sizes, and positions from names, metadata, files beside photos and lists."""

from typing import TYPE_CHECKING

from placeprint.lazy import lazy
from placeprint.photos.decode import PhotoSource as PhotoSource
from placeprint.photos.decode import load as load
from placeprint.photos.decode import path_of as path_of
from placeprint.photos.record import PhotoList as PhotoList
from placeprint.photos.record import PhotoRecord as PhotoRecord
from placeprint.photos.record import Skipped as Skipped
from placeprint.photos.resize import resize as resize

if TYPE_CHECKING:
    from placeprint.photos.listing import find as find
    from placeprint.photos.metadata.info import PhotoInfo as PhotoInfo
    from placeprint.photos.metadata.info import read_info as read_info
    from placeprint.photos.metadata.xmp.sidecar import remove_estimate as remove_estimate
    from placeprint.photos.metadata.xmp.sidecar import write_sidecar as write_sidecar
    from placeprint.photos.raw import RAW_EXTENSIONS as RAW_EXTENSIONS
    from placeprint.photos.sphere import Sphere as Sphere
    from placeprint.photos.sphere import sphere_views as sphere_views

__all__ = [
    "RAW_EXTENSIONS",
    "PhotoInfo",
    "PhotoList",
    "PhotoRecord",
    "PhotoSource",
    "Skipped",
    "Sphere",
    "find",
    "load",
    "path_of",
    "read_info",
    "remove_estimate",
    "resize",
    "sphere_views",
    "write_sidecar",
]

__getattr__, _ = lazy(  # what reads metadata, which decoding does not need
    __name__,
    {
        "find": "placeprint.photos.listing",
        "PhotoInfo": "placeprint.photos.metadata.info",
        "read_info": "placeprint.photos.metadata.info",
        "RAW_EXTENSIONS": "placeprint.photos.raw",
        "Sphere": "placeprint.photos.sphere",
        "sphere_views": "placeprint.photos.sphere",
        "remove_estimate": "placeprint.photos.metadata.xmp.sidecar",
        "write_sidecar": "placeprint.photos.metadata.xmp.sidecar",
    },
)
