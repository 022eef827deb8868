"""Encoders by name."""

from collections.abc import Callable

from placeprint.arrays import Float32
from placeprint.registry import Registry

ENCODERS: Registry[Callable[..., Float32]] = Registry("encoder", "placeprint.encoders", "placeprint.encoders")
"""Local features (n, d) and a codebook to one unit vector: `encode(descriptors, codebook, **options)`."""
