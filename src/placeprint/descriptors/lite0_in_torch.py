"""The descriptor `lite0-netvlad` as a network in torch: to train on, to export, for graphics cards."""

from placeprint.descriptors.learnt_from import KEY
from placeprint.descriptors.lite0_folder import TOLD
from placeprint.descriptors.lite0_netvlad import Lite0NetVLAD
from placeprint.descriptors.named_network import UNTRAINED, descriptor_of
from placeprint.descriptors.network_descriptor import NetworkDescriptor
from placeprint.descriptors.torch_running import need_torch
from placeprint.encoders.gated_netvlad import GatedNetVLAD


def in_torch(descriptor: Lite0NetVLAD) -> NetworkDescriptor:
    """The same network, within rounding the same vectors, another fingerprint."""
    need_torch("lite0-netvlad in torch")
    from placeprint.descriptors.explain import torch_network
    from placeprint.networks.architecture import Architecture

    network = torch_network(descriptor)
    cut, clusters = f"block{descriptor.trunk_blocks}", len(descriptor.netvlad.centres)
    kind = "gated-netvlad" if isinstance(descriptor.head, GatedNetVLAD) else "netvlad"
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
