"""Why two photos look alike to a descriptor, seen from both of them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np

from placeprint.arrays import Float32, UInt8
from placeprint.descriptors.descriptor import Descriptor, Photo
from placeprint.descriptors.lite0.descriptor import Lite0NetVLAD
from placeprint.descriptors.lite0.in_torch import in_torch
from placeprint.descriptors.network.descriptor import NetworkDescriptor
from placeprint.errors import PlaceprintError
from placeprint.explain.gradient import grad_cam, network_input
from placeprint.explain.netvlad_map import netvlad_map, network_netvlad_map, pools_by_netvlad
from placeprint.explain.occlusion import occlusion
from placeprint.explain.over_photo import over_photo
from placeprint.explain.region import Region, top_regions
from placeprint.explain.vlad_shares import VladShares

Method = Literal["auto", "netvlad", "occlusion", "gradient"]
CLUSTERS = 5


@dataclass(frozen=True, eq=False)
class Explained:
    """A photo (h, w, 3) as it was described, and its heat (h, w); heat above 0 supports the match.

    `netvlad` holds the exact shares if the method is "netvlad".
    """

    photo: UInt8
    heat: Float32
    netvlad: VladShares | None = None

    @cached_property
    def regions(self) -> tuple[Region, ...]:
        """The three regions that support the match most."""
        return top_regions(self.heat)

    def to_dict(self) -> dict[str, Any]:
        """The regions, and the strongest clusters of NetVLAD, as JSON-ready values."""
        said: dict[str, Any] = {"regions": [region.to_dict() for region in self.regions]}
        if self.netvlad is not None:
            said["clusters"] = [
                {"cluster": k, "contribution": round(share, 5)}
                for k, share in self.netvlad.top_clusters(CLUSTERS)
            ]
        return said


@dataclass(frozen=True, eq=False)
class MatchExplained:
    """`photos`: query and reference, each explained by the other's vector; or the query by its own."""

    method: Method
    similarity: float
    photos: tuple[Explained, ...]

    @property
    def distance(self) -> float:
        """‖q − r‖ = √(2 − 2 s) for unit vectors."""
        return float(np.sqrt(max(2.0 - 2.0 * self.similarity, 0.0)))


def explain_match(
    descriptor: Descriptor,
    query: Photo,
    reference: Photo | None = None,
    method: Method = "auto",
    quiet: bool = True,
) -> MatchExplained:
    """Heat maps of what makes `query` and `reference` similar.

    Without a reference, the query is explained by its own vector: which parts dominate it.

    "netvlad" is exact and fast, for the shipped descriptor and placeprint networks with NetVLAD or CRN
    (`vlad_shares`); "occlusion" works with every descriptor and takes seconds per photo; "gradient" is signed
    Grad-CAM, for the shipped descriptor and placeprint networks in torch (`grad_cam`). "auto" is netvlad
    where that works, else occlusion. Raises `PhotoError` for an unreadable photo, `PlaceprintError` if the
    method does not work with the descriptor, `MissingExtraError` without torch.
    """
    from placeprint.photos import load

    if method not in get_args(Method):
        raise ValueError(f"no method {method!r}; the methods are {', '.join(get_args(Method))}")
    if method == "auto":
        method = "netvlad" if pools_by_netvlad(descriptor) else "occlusion"
    if method == "gradient" and reference is None:  # a photo is most similar to itself: the gradient is 0
        raise PlaceprintError("explaining by gradient needs a reference", "Name a second photo.")
    images = [load(photo) for photo in (query, reference) if photo is not None]
    vectors = descriptor.describe(images)
    if method == "gradient" and isinstance(descriptor, Lite0NetVLAD):
        descriptor = in_torch(descriptor)
    explained = [
        _explained(descriptor, image, target, method, quiet)
        for image, target in zip(images, vectors[::-1], strict=True)
    ]
    return MatchExplained(method, float(vectors[0] @ vectors[-1]), tuple(explained))


def _explained(
    descriptor: Descriptor, image: UInt8, target: Float32, method: Method, quiet: bool
) -> Explained:
    size = image.shape[:2]
    if method == "occlusion":
        return Explained(image, occlusion(descriptor, image, target, quiet=quiet))
    if method == "netvlad" and isinstance(descriptor, Lite0NetVLAD):
        shares = netvlad_map(descriptor, image, target)
        return Explained(image, shares.heat(size), shares)
    if isinstance(descriptor, NetworkDescriptor):
        from placeprint.networks.place_network import PlaceNetwork

        network = descriptor.network
        if method == "gradient" and isinstance(network, PlaceNetwork):
            heat = grad_cam(network, network_input(descriptor, image), target, signed=True)
            return Explained(image, over_photo(heat, size))
        if method == "netvlad" and isinstance(network, PlaceNetwork) and pools_by_netvlad(descriptor):
            shares = network_netvlad_map(network, network_input(descriptor, image), target)
            return Explained(image, shares.heat(size), shares)
    raise PlaceprintError(f"{descriptor.name} cannot be explained by {method}", "Use the method occlusion.")
