"""Descriptors by name or by file, as the command line and a place map ask for them."""

import json
import zipfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from placeprint.descriptors.bounded_map import bounded_map, cores
from placeprint.descriptors.descriptor import Descriptor, Photo
from placeprint.errors import FormatError, PhotoError, PlaceprintError
from placeprint.photos import load
from placeprint.progress import track

LEARN_FROM = 2000
"""Photos that a vocabulary and a whitening are learnt from at most."""

SHIPPED = "lite0-netvlad"
"""The descriptor whose learnt parts the package carries."""

NAMES = (SHIPPED, "rootsift-vlad")


def open_descriptor(source: str | Path) -> Descriptor:
    """A ready descriptor: the name `lite0-netvlad` (the shipped one) or a file that `save` wrote.

    `rootsift-vlad` has no shipped vocabulary: `learn_descriptor` makes one from photos. Raises
    `PlaceprintError` for an unknown name, `FormatError` for a file that is not a descriptor.
    """
    if source == SHIPPED:
        return _shipped()
    path = Path(source)
    if not path.is_file():
        raise PlaceprintError(
            f"{source} is neither a shipped descriptor nor a file",
            "Use lite0-netvlad, or learn one from your photos, or give the path of a saved one.",
        )
    match _kind(path):
        case "lite0-netvlad":
            from placeprint.descriptors.lite0_netvlad import Lite0NetVLAD

            return Lite0NetVLAD.load(path)
        case "rootsift-vlad":
            from placeprint.descriptors.rootsift_vlad import RootSiftVLAD

            return RootSiftVLAD.load(path)
        case kind:
            raise FormatError(f"{path} is a {kind} file, not a descriptor")


@cache
def _shipped() -> Descriptor:
    """Read, checked and fingerprinted once a process: it takes a third of a second."""
    from placeprint.descriptors.lite0_netvlad import Lite0NetVLAD

    return Lite0NetVLAD.pretrained()


def learn_descriptor(
    name: str, photos: Sequence[Photo], dim: int = 512, seed: int = 0, quiet: bool = False
) -> Descriptor:
    """Learn the descriptor of that name from photos like those that it will describe.

    Learns from at most `LEARN_FROM` of them, drawn by `seed`; unreadable ones are passed over.
    """
    if name not in NAMES:
        raise PlaceprintError(f"there is no descriptor {name!r}", f"Use one of: {', '.join(NAMES)}.")
    usable = _readable(photos, seed, quiet)
    if name == "lite0-netvlad":
        from placeprint.descriptors.lite0_netvlad import Lite0NetVLAD

        return Lite0NetVLAD.learn(usable, dim, seed, quiet)
    from placeprint.descriptors.rootsift_vlad import RootSiftVLAD

    return RootSiftVLAD.learn(usable, dim, seed, quiet)


def _readable(photos: Sequence[Photo], seed: int, quiet: bool) -> list[Photo]:
    chosen = np.sort(np.random.default_rng(seed).permutation(len(photos))[:LEARN_FROM])
    sample = [photos[i] for i in chosen]
    checked = track(bounded_map(_can_load, sample, cores()), "Reading", len(sample), quiet=quiet)
    return [photo for photo, good in zip(sample, checked, strict=True) if good]


def _can_load(photo: Photo) -> bool:
    try:
        load(photo)
    except PhotoError:
        return False
    return True


def _kind(path: Path) -> str:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            header = json.loads(str(archive["header"]))
        return str(header["format"]).removeprefix("placeprint/")
    except (OSError, ValueError, KeyError, TypeError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise FormatError(f"{path} is damaged or not a placeprint file ({error})") from error
