"""From photos to unit vectors: the recipes users name, and any network."""

from placeprint.descriptors.adapters.module import describe_with as describe_with
from placeprint.descriptors.descriptor import Descriptor as Descriptor
from placeprint.descriptors.descriptor import Photo as Photo
from placeprint.descriptors.learning import learn_descriptor as learn_descriptor
from placeprint.descriptors.learning import needs_photos as needs_photos
from placeprint.descriptors.lite0.descriptor import Lite0NetVLAD as Lite0NetVLAD
from placeprint.descriptors.network.building import descriptor_of as descriptor_of
from placeprint.descriptors.network.descriptor import NetworkDescriptor as NetworkDescriptor
from placeprint.descriptors.network.descriptor import load_model as load_model
from placeprint.descriptors.network.descriptor import save_model as save_model
from placeprint.descriptors.network.netvlad_initialization import initialize_netvlad as initialize_netvlad
from placeprint.descriptors.opening import NAMES as NAMES
from placeprint.descriptors.opening import SHIPPED as SHIPPED
from placeprint.descriptors.opening import open_descriptor as open_descriptor
from placeprint.whitening.whitening import Whitening as Whitening

__all__ = [
    "NAMES",
    "SHIPPED",
    "Descriptor",
    "Lite0NetVLAD",
    "NetworkDescriptor",
    "Photo",
    "Whitening",
    "describe_with",
    "descriptor_of",
    "initialize_netvlad",
    "learn_descriptor",
    "load_model",
    "needs_photos",
    "open_descriptor",
    "save_model",
]
