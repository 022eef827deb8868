"""Losses by name."""

from torch import nn

from placeprint.registry import Registry

LOSSES: Registry[type[nn.Module]] = Registry("loss", "placeprint.losses", "placeprint.losses")
"""Losses by the names that recipes use; a recipe's other fields are the arguments of one that is registered
from outside."""
