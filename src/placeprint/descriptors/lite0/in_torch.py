"""The descriptor `lite0-netvlad` as a torch network: for training, for export, and for GPUs."""

from typing import TYPE_CHECKING

from placeprint.descriptors.learnt_from import KEY
from placeprint.descriptors.lite0.descriptor import Lite0NetVLAD
from placeprint.descriptors.lite0.model_folder import TOLD
from placeprint.descriptors.network.building import UNTRAINED, descriptor_of
from placeprint.descriptors.network.descriptor import NetworkDescriptor
from placeprint.encoders import gated_netvlad
from placeprint.errors import MissingExtraError

if TYPE_CHECKING:
    from placeprint.networks.place_network import PlaceNetwork


def in_torch(descriptor: Lite0NetVLAD) -> NetworkDescriptor:
    """The same network; its vectors agree up to rounding, its fingerprint is different."""
    network = torch_network(descriptor)
    from placeprint.networks.architecture import Architecture

    cut, clusters = f"block{descriptor.trunk_blocks}", len(descriptor.netvlad.centers)
    kind = "gated-netvlad" if isinstance(descriptor.head, gated_netvlad.GatedNetVLADEncoder) else "netvlad"
    architecture = Architecture.model_validate(
        {
            "backbone": {"name": "lite0", "cut": cut},
            "pooling": {"name": kind, "options": {"clusters": clusters}},
            "whitening": descriptor.dim,
        }
    )
    weights = network.backbone.weights
    said = {name: value for name, value in descriptor.provenance.items() if name not in TOLD}
    training = str(descriptor.provenance.get("training", UNTRAINED))
    made = descriptor_of(network, architecture, weights, descriptor.input_rule, training)
    return made.adjusted(learnt_from=said.pop(KEY, ()), whitening=said)


def torch_network(descriptor: Lite0NetVLAD) -> "PlaceNetwork":
    """The torch network that gives the same vectors as the descriptor, in evaluation mode.

    Raises `MissingExtraError` without torch.
    """
    try:
        import torch

        from placeprint.networks.backbones import EfficientNetLite0, PretrainedWeights
        from placeprint.networks.backbones.weights import LITE0, fill
        from placeprint.networks.place_network import PlaceNetwork, WhiteningLayer
        from placeprint.networks.pooling import GatedNetVLAD, NetVLAD
    except ImportError as missing:
        raise MissingExtraError("lite0-netvlad in torch", "torch") from missing
    whitening = WhiteningLayer.from_arrays(descriptor.whitening.mean, descriptor.whitening.matrix)
    backbone = EfficientNetLite0(f"block{descriptor.trunk_blocks}")
    trunk = {name: torch.tensor(array) for name, array in descriptor.trunk.items()}
    fill(backbone, trunk, descriptor.name, backbone.unused)
    said = descriptor.provenance
    source, license = str(said.get("source", LITE0.source)), str(said.get("license", LITE0.license))
    backbone.weights = PretrainedWeights(source, license, LITE0.preprocessing)
    head = descriptor.head
    pooling = (
        GatedNetVLAD.from_arrays(head)
        if isinstance(head, gated_netvlad.GatedNetVLADEncoder)
        else NetVLAD.from_arrays(head)
    )
    return PlaceNetwork(backbone, pooling, whitening).eval()
