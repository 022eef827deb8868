"""What a descriptor sees: heat maps of what makes two photos similar."""

from placeprint.explain.gradient import grad_cam as grad_cam
from placeprint.explain.gradient import input_times_gradient as input_times_gradient
from placeprint.explain.gradient import network_input as network_input
from placeprint.explain.match import Explained as Explained
from placeprint.explain.match import MatchExplained as MatchExplained
from placeprint.explain.match import Method as Method
from placeprint.explain.match import explain_match as explain_match
from placeprint.explain.netvlad_map import netvlad_map as netvlad_map
from placeprint.explain.netvlad_map import network_netvlad_map as network_netvlad_map
from placeprint.explain.occlusion import occlusion as occlusion
from placeprint.explain.over_photo import over_photo as over_photo
from placeprint.explain.region import Region as Region
from placeprint.explain.region import top_regions as top_regions
from placeprint.explain.vlad_shares import Affine as Affine
from placeprint.explain.vlad_shares import VladShares as VladShares
from placeprint.explain.vlad_shares import vlad_shares as vlad_shares

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
    "over_photo",
    "top_regions",
    "vlad_shares",
]
