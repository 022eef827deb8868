"""Exact heat maps of NetVLAD descriptors: the shipped one (without torch) and torch networks with NetVLAD."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float32
from placeprint.descriptors.descriptor import Descriptor, Photo
from placeprint.descriptors.lite0.descriptor import Lite0NetVLAD
from placeprint.descriptors.network.descriptor import NetworkDescriptor
from placeprint.encoders.gated_netvlad import GatedNetVLADEncoder
from placeprint.encoders.netvlad import NetVLADEncoder
from placeprint.errors import PlaceprintError
from placeprint.explain.vlad_shares import Affine, VladShares, vlad_shares

if TYPE_CHECKING:
    from torch import Tensor

    from placeprint.networks.place_network import PlaceNetwork


def netvlad_map(descriptor: Lite0NetVLAD, photo: Photo, target: NDArray[np.floating]) -> VladShares:
    """What each position of the photo adds to the similarity to `target` (dim,); see `vlad_shares`.

    Raises `PhotoError` for an unreadable photo.
    """
    features, head = descriptor.features(photo), descriptor.head
    weights = None
    if isinstance(head, GatedNetVLADEncoder):
        positions, gates = head.gated(features.reshape(len(features), -1).T)
        features, weights = positions.T.reshape(features.shape), gates.T.reshape(-1, *features.shape[1:])
    whitening = Affine.of(descriptor.whitening)
    return vlad_shares(features, descriptor.netvlad, target, whitening, weights=weights)


def network_netvlad_map(
    network: "PlaceNetwork", images: "Tensor", target: NDArray[np.floating]
) -> VladShares:
    """The same for a network that pools by NetVLAD, with or without gates, or by CRN; `images` as returned by
    `network_input`.

    Gates and CRN's position weights are held at their values for this photo. Raises `PlaceprintError` for
    other pooling layers, whose vector is not a sum over positions.
    """
    import torch

    from placeprint.networks.pooling import CRN, GatedNetVLAD, NetVLAD

    pooling = network.pooling
    layer = pooling.netvlad if isinstance(pooling, CRN | GatedNetVLAD) else pooling
    if not isinstance(layer, NetVLAD):
        raise PlaceprintError(
            f"pooling by {type(pooling).__name__} is not a sum over positions",
            "Explain it by occlusion or by gradient.",
        )
    with torch.no_grad():
        features = network.backbone(images)
        weights = pooling.context(features) if isinstance(pooling, CRN) else None
        if isinstance(pooling, GatedNetVLAD):
            features, weights = pooling.gated(features)
    whitening = network.whitening
    return vlad_shares(
        _numbers(features[0]),
        NetVLADEncoder(_numbers(layer.assignment), _numbers(layer.centers)),
        target,
        None if whitening is None else Affine(_numbers(whitening.matrix), _numbers(whitening.bias)),
        bias=None if layer.bias is None else _numbers(layer.bias),
        weights=None if weights is None else _numbers(weights[0]),
        intra=layer.intra,
        unit_input=layer.unit_input,
    )


def pools_by_netvlad(descriptor: Descriptor) -> bool:
    """Whether its vector is a sum over positions, for `netvlad_map` or `network_netvlad_map`."""
    if not isinstance(descriptor, NetworkDescriptor):
        return isinstance(descriptor, Lite0NetVLAD)
    from placeprint.networks.place_network import PlaceNetwork
    from placeprint.networks.pooling import CRN, GatedNetVLAD, NetVLAD

    network, kinds = descriptor.network, NetVLAD | GatedNetVLAD | CRN
    return isinstance(network, PlaceNetwork) and isinstance(network.pooling, kinds)


def _numbers(tensor: "Tensor") -> Float32:
    return np.asarray(tensor.detach().cpu().double().numpy())
