"""From photos to unit vectors: the recipes users name, and any network."""

from typing import TYPE_CHECKING

from placeprint.lazy import lazy

if TYPE_CHECKING:
    from placeprint.descriptors.adapters.module import describe_with as describe_with
    from placeprint.descriptors.descriptor import DESCRIPTORS as DESCRIPTORS
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
    "DESCRIPTORS",
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

__getattr__, __dir__ = lazy(
    __name__,
    {
        "DESCRIPTORS": "placeprint.descriptors.descriptor",
        "Descriptor": "placeprint.descriptors.descriptor",
        "Lite0NetVLAD": "placeprint.descriptors.lite0.descriptor",
        "NAMES": "placeprint.descriptors.opening",
        "NetworkDescriptor": "placeprint.descriptors.network.descriptor",
        "Photo": "placeprint.descriptors.descriptor",
        "SHIPPED": "placeprint.descriptors.opening",
        "Whitening": "placeprint.whitening.whitening",
        "describe_with": "placeprint.descriptors.adapters.module",
        "descriptor_of": "placeprint.descriptors.network.building",
        "initialize_netvlad": "placeprint.descriptors.network.netvlad_initialization",
        "learn_descriptor": "placeprint.descriptors.learning",
        "load_model": "placeprint.descriptors.network.descriptor",
        "needs_photos": "placeprint.descriptors.learning",
        "open_descriptor": "placeprint.descriptors.opening",
        "save_model": "placeprint.descriptors.network.descriptor",
    },
)
