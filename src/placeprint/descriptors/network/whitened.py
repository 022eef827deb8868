"""Whitening a network, and keeping fewer of its whitened dimensions."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from placeprint.descriptors.descriptor import Photo
from placeprint.descriptors.learnt_from import learnt_from
from placeprint.descriptors.network.descriptor import NetworkDescriptor
from placeprint.errors import PlaceprintError
from placeprint.networks.architecture import Architecture
from placeprint.networks.place_network import PlaceNetwork, WhiteningLayer
from placeprint.progress import meter
from placeprint.whitening.whitening import Whitening

AT_ONCE = 64
"""Photos described between two updates of the progress bar."""


def whitened(descriptor: NetworkDescriptor, whitening: Whitening) -> NetworkDescriptor:
    """The network with this whitening after its pooling; `_pca` and the dimension are appended to its name.

    Raises `PlaceprintError` if it is already whitened, or is not a placeprint network.
    """
    network, architecture = _ours(descriptor)
    if network.whitening is not None:
        raise PlaceprintError(f"{descriptor.name} is already whitened", "Use the network without whitening.")
    if whitening.power != 1:
        raise ValueError("a whitening layer does not support a power law")
    layer = WhiteningLayer.from_arrays(whitening.mean, whitening.matrix)
    name = f"{descriptor.name}_pca{whitening.dim}"
    return _with_layer(descriptor, layer, architecture, name=name, whitening=dict(whitening.provenance))


def learn_whitening(
    descriptor: NetworkDescriptor,
    photos: Sequence[Photo],
    dim: int,
    seed: int = 0,
    quiet: bool = False,
) -> NetworkDescriptor:
    """PCA whitening to at most `dim` dimensions, learned on these photos; see `Whitening.fit`."""
    _ours(descriptor)
    if len(photos) < 2:
        raise PlaceprintError(f"whitening cannot be learned from {len(photos)} photo(s)", "Give more photos.")
    rows = np.zeros((len(photos), descriptor.dim), np.float32)
    with meter("Learning the whitening", len(photos), quiet=quiet) as advance:
        for start in range(0, len(photos), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            rows[part] = descriptor.describe(photos[part])
            advance(len(rows[part]))
    made = whitened(descriptor, Whitening.fit(rows, dim, provenance={"seed": seed}))
    return made.adjusted(learnt_from=tuple(learnt_from(photos)))


def truncated(descriptor: NetworkDescriptor, dim: int) -> NetworkDescriptor:
    """Keep only the first `dim` dimensions, normalized again.

    Raises `PlaceprintError` for a network that is not whitened: its dimensions are in no particular order, so
    the first ones are no better than others.
    """
    network, architecture = _ours(descriptor)
    if not 1 <= dim <= descriptor.dim:
        raise PlaceprintError(f"{descriptor.name} has {descriptor.dim} dimensions, not {dim}", "Use fewer.")
    if network.whitening is None:
        raise PlaceprintError(
            f"{descriptor.name} is not whitened: its dimensions are in no particular order",
            "Use all of them, or learn a whitening with `placeprint learn`.",
        )
    layer = network.whitening.truncated(dim)
    return _with_layer(descriptor, layer, architecture, name=f"{descriptor.name}@{dim}")


def without_whitening(descriptor: NetworkDescriptor) -> NetworkDescriptor:
    """The network up to its pooling. Raises `PlaceprintError` if it is not a placeprint network."""
    _, architecture = _ours(descriptor)
    return _with_layer(descriptor, None, architecture, whitening={})


def _ours(descriptor: NetworkDescriptor) -> tuple[PlaceNetwork, Architecture]:
    if not isinstance(descriptor.network, PlaceNetwork) or descriptor.card.architecture is None:
        raise PlaceprintError(
            f"{descriptor.name} is third-party code, and placeprint cannot change what it computes",
            "Use a model folder or a placeprint network.",
        )
    return descriptor.network, descriptor.card.architecture


def _with_layer(
    descriptor: NetworkDescriptor, layer: WhiteningLayer | None, architecture: Architecture, **fields: object
) -> NetworkDescriptor:
    network, _ = _ours(descriptor)
    changed = architecture.model_copy(update={"whitening": None if layer is None else layer.out_dim})
    card = descriptor.card.changed(architecture=changed, **fields)
    return replace(descriptor, network=PlaceNetwork(network.backbone, network.pooling, layer), card=card)
