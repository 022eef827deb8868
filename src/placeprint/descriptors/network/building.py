"""Networks that are built from their name, and learned if the name asks for it."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from placeprint.descriptors.descriptor import Photo
from placeprint.descriptors.learnt_from import learnt_from
from placeprint.descriptors.model_names import ModelName, name_of
from placeprint.descriptors.network.descriptor import NetworkDescriptor
from placeprint.descriptors.runtimes.torch_device import need_torch
from placeprint.errors import PlaceprintError

if TYPE_CHECKING:
    from placeprint.networks.architecture import Architecture
    from placeprint.networks.backbones import PretrainedWeights
    from placeprint.networks.place_network import PlaceNetwork

SIZE_RULE = "area:480"
UNTRAINED = "not for places: the backbone as it was published, for ImageNet"


def descriptor_of(
    network: "PlaceNetwork",
    architecture: "Architecture",
    weights: "PretrainedWeights",
    size_rule: str,
    training: str = "not stated",
    notes: Sequence[str] = (),
    name: str | None = None,
) -> NetworkDescriptor:
    """A placeprint network and the facts about it, as a descriptor that can be saved.

    `architecture` must build `network`; `weights` states their source, license and pixels; `training` says
    which photos they were trained on and how, or begins with "not". By default the name is made from these,
    with the training up to the first comma or semicolon: `vgg16_netvlad64_pca4096.pitts30k`. The first six
    arguments are the fields of `networks.published.Published`.
    """
    from placeprint.descriptors.network.card import ModelCard
    from placeprint.descriptors.network.weights import settings_of

    trained = "" if training.startswith("not ") else re.split("[,;]", training)[0]
    card = ModelCard(
        name=name or name_of(architecture, network.pooling.out_dim, trained),
        size_rule=size_rule,
        divisor=network.backbone.divisor,
        preprocessing=weights.preprocessing,
        architecture=architecture,
        code=settings_of(network),
        whitening={} if network.whitening is None else {"source": weights.source},
        training=training,
        license=weights.license,
        source=weights.source,
        notes=tuple(notes),
    )
    return NetworkDescriptor(network, card)


def untrained(
    name: ModelName, photos: Sequence[Photo] = (), seed: int = 0, quiet: bool = False
) -> NetworkDescriptor:
    """Backbone and pooling of a name, without its whitening; NetVLAD is initialized from `photos`."""
    need_torch(str(name))
    from placeprint.descriptors.network.netvlad_initialization import initialize_netvlad
    from placeprint.networks.architecture import Architecture
    from placeprint.networks.backbones import EfficientNetLite0
    from placeprint.networks.place_network import PlaceNetwork
    from placeprint.networks.pooling import Pooling

    options = {} if name.number is None else {"clusters": name.number}
    architecture = Architecture.model_validate(
        {"backbone": {"name": name.backbone}, "pooling": {"name": name.pooling, "options": options}}
    )
    backbone = EfficientNetLite0.published()
    pooling: Pooling
    if name.pooling == "netvlad":
        pixels, clusters = backbone.preprocessing, int(name.number or 64)
        pooling = initialize_netvlad(backbone, pixels, photos, clusters, 1, seed, SIZE_RULE, quiet)
    else:
        pooling = architecture.pooling.build(backbone.channels)
    network = PlaceNetwork(backbone, pooling)
    made = descriptor_of(network, architecture, backbone.weights, SIZE_RULE, UNTRAINED)
    return made.adjusted(learnt_from=tuple(learnt_from(photos))) if name.pooling == "netvlad" else made


def learn_network(
    name: ModelName, photos: Sequence[Photo], dim: int | None, seed: int, quiet: bool
) -> NetworkDescriptor:
    """The network of a name, with its clusters and its whitening learned from photos.

    The dimension after whitening is given by the name's `_pca` or by `dim`; with neither, nothing is
    whitened. Raises `PlaceprintError` if they differ.
    """
    from placeprint.descriptors.network.whitened import learn_whitening

    if name.pca is not None and dim not in (None, name.pca):
        raise PlaceprintError(f"{name} has {name.pca} dimensions, not {dim}", "Give one of the two numbers.")
    descriptor = untrained(name, photos, seed, quiet)
    wanted = name.pca or dim
    if wanted is None:
        return descriptor
    return learn_whitening(descriptor, photos, wanted, seed, quiet)
