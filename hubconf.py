"""For torch.hub: `torch.hub.load("OWNER/placeprint", "placeprint", name="lite0_gem")`."""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

# What torch.hub looks for before it loads an entry; what a name needs beyond that is said when it is opened.
dependencies = ["torch", "numpy", "PIL", "pydantic", "safetensors"]

if find_spec("placeprint") is None:  # not installed: the package lies beside this file
    sys.path.append(str(Path(__file__).parent / "src"))


def placeprint(name: str = "lite0-netvlad") -> "nn.Module":
    """Photos (n, height, width, 3), RGB of uint8, to unit vectors (n, out_dim), ready for evaluation.

    `name`: the shipped lite0-netvlad, lite0_gem and the like, a model folder, hf:ORG/NAME. The module has
    `network`, `preprocessing`, `size_rule`, `divisor`, `out_dim` and `license`.
    """
    from placeprint.descriptors import Lite0NetVLAD, NetworkDescriptor, open_descriptor
    from placeprint.descriptors.lite0.in_torch import in_torch
    from placeprint.descriptors.network.photo_network import PhotoNetwork

    descriptor = open_descriptor(name)
    if isinstance(descriptor, Lite0NetVLAD):
        descriptor = in_torch(descriptor)
    if not isinstance(descriptor, NetworkDescriptor):
        raise ValueError(f"{name} is no network in torch")
    return PhotoNetwork(descriptor)
