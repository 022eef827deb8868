"""Photos to unit vectors: the recipes that users name."""

from placeprint.descriptors.descriptor import Descriptor as Descriptor
from placeprint.descriptors.descriptor import Photo as Photo
from placeprint.descriptors.lite0_netvlad import Lite0NetVLAD as Lite0NetVLAD
from placeprint.descriptors.named import NAMES as NAMES
from placeprint.descriptors.named import SHIPPED as SHIPPED
from placeprint.descriptors.named import learn_descriptor as learn_descriptor
from placeprint.descriptors.named import open_descriptor as open_descriptor
from placeprint.descriptors.whitening import Whitening as Whitening

__all__ = [
    "NAMES",
    "SHIPPED",
    "Descriptor",
    "Lite0NetVLAD",
    "Photo",
    "Whitening",
    "learn_descriptor",
    "open_descriptor",
]
