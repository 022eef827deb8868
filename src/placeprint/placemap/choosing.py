"""Which descriptor a map is built with: as given, shipped, from a file, or learned on its photos."""

from collections.abc import Sequence
from pathlib import Path

from placeprint.descriptors import SHIPPED, Descriptor, learn_descriptor, needs_photos, open_descriptor


def choose_descriptor(descriptor: str | Path | Descriptor, photos: Sequence[Path], quiet: bool) -> Descriptor:
    """A descriptor that has its vocabulary: as given, shipped, from a file, or learned on the photos."""
    if not isinstance(descriptor, str | Path):
        return descriptor
    if needs_photos(str(descriptor)):
        return learn_descriptor(str(descriptor), photos, quiet=quiet)
    return open_descriptor(descriptor)


def shipped_fingerprint(name: str) -> str | None:
    """Fingerprint of the descriptor that the package carries under `name`, if it does."""
    return open_descriptor(name).fingerprint if name == SHIPPED else None
