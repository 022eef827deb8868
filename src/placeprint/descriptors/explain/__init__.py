"""What a descriptor sees: heat maps of what makes two photos alike."""

from placeprint.descriptors.explain.gradient import grad_cam as grad_cam
from placeprint.descriptors.explain.gradient import input_times_gradient as input_times_gradient
from placeprint.descriptors.explain.gradient import network_input as network_input
from placeprint.descriptors.explain.gradient import torch_network as torch_network
from placeprint.descriptors.explain.match import Explained as Explained
from placeprint.descriptors.explain.match import MatchExplained as MatchExplained
from placeprint.descriptors.explain.match import Method as Method
from placeprint.descriptors.explain.match import explain_match as explain_match
from placeprint.descriptors.explain.netvlad_map import netvlad_map as netvlad_map
from placeprint.descriptors.explain.netvlad_map import network_netvlad_map as network_netvlad_map
from placeprint.descriptors.explain.occlusion import occlusion as occlusion
from placeprint.descriptors.explain.region import Region as Region
from placeprint.descriptors.explain.region import top_regions as top_regions
from placeprint.descriptors.explain.spread import spread as spread
from placeprint.descriptors.explain.vlad_shares import Affine as Affine
from placeprint.descriptors.explain.vlad_shares import VladShares as VladShares
from placeprint.descriptors.explain.vlad_shares import vlad_shares as vlad_shares

__all__ = [
    "Affine",
    "Explained",
    "MatchExplained",
    "Method",
    "Region",
    "VladShares",
    "explain_match",
    "grad_cam",
    "input_times_gradient",
    "netvlad_map",
    "network_input",
    "network_netvlad_map",
    "occlusion",
    "spread",
    "top_regions",
    "torch_network",
    "vlad_shares",
]
