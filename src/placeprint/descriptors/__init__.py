"""Photos to unit vectors: the recipes that users name, and any network."""

from placeprint.descriptors.adapters.module import describe_with as describe_with
from placeprint.descriptors.descriptor import Descriptor as Descriptor
from placeprint.descriptors.descriptor import Photo as Photo
from placeprint.descriptors.learning import learn_descriptor as learn_descriptor
from placeprint.descriptors.learning import needs_photos as needs_photos
from placeprint.descriptors.lite0_netvlad import Lite0NetVLAD as Lite0NetVLAD
from placeprint.descriptors.model_folder import load_model as load_model
from placeprint.descriptors.model_folder import save_model as save_model
from placeprint.descriptors.named import NAMES as NAMES
from placeprint.descriptors.named import SHIPPED as SHIPPED
from placeprint.descriptors.named import open_descriptor as open_descriptor
from placeprint.descriptors.named_network import descriptor_of as descriptor_of
from placeprint.descriptors.netvlad_initialisation import initialise_netvlad as initialise_netvlad
from placeprint.descriptors.network_descriptor import NetworkDescriptor as NetworkDescriptor
from placeprint.descriptors.whitening import Whitening as Whitening

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
    "initialise_netvlad",
    "learn_descriptor",
    "load_model",
    "needs_photos",
    "open_descriptor",
    "save_model",
]
