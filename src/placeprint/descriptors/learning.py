"""Learning a descriptor from photos, by name."""

from collections.abc import Sequence

import numpy as np

from placeprint.descriptors.descriptor import Descriptor, Photo
from placeprint.descriptors.model_names import EXAMPLES, parse_name
from placeprint.descriptors.network.descriptor import NetworkDescriptor
from placeprint.descriptors.opening import NAMES, SHIPPED, learns, open_descriptor, registered
from placeprint.descriptors.sources import on_disk, parse_source
from placeprint.errors import PhotoError, PlaceprintError
from placeprint.parallel import bounded_map, cores
from placeprint.photos import load
from placeprint.progress import track

LEARN_FROM = 2000
"""The most photos a vocabulary and a whitening are learned from."""

DIM = 512
"""Default dimensions, if neither the name nor the caller says how many."""


def learn_descriptor(
    name: str, photos: Sequence[Photo], dim: int | None = None, seed: int = 0, quiet: bool = False
) -> Descriptor:
    """Learn the descriptor of that name from photos like those it will describe.

    `lite0-netvlad` and `rootsift-vlad` with `dim` numbers (512); networks by names such as `lite0_gem_pca256`
    and `lite0_netvlad64` (clusters, and a whitening if the name or `dim` asks for one); a model folder, `hf:`
    or `transformers:` source, which is whitened to `dim`. Learns from at most `LEARN_FROM` photos, drawn by
    `seed`; unreadable ones are skipped.
    """
    parsed = parse_name(name)
    by_name = parsed is not None and parsed.can_be_built
    source = on_disk(name) or parse_source(name).kind in ("hf", "transformers")
    entry = registered(name) if name == SHIPPED or learns(name) else None
    if entry is None and not by_name and not source:
        raise PlaceprintError(
            f"there is no descriptor {name!r}",
            f"Use one of: {', '.join(NAMES)}; or a name such as {EXAMPLES}.",
        )
    usable = _readable(photos, seed, quiet)
    if entry is not None:
        learned: Descriptor = entry.learn(usable, dim or DIM, seed, quiet)
        return learned
    if parsed is not None and by_name:
        from placeprint.descriptors.network.building import learn_network

        return learn_network(parsed, usable, dim, seed, quiet)
    from placeprint.descriptors.network.whitened import learn_whitening

    opened = open_descriptor(name)
    if not isinstance(opened, NetworkDescriptor):
        raise PlaceprintError(f"{name} has already been learned", "Use it as it is.")
    return learn_whitening(opened, usable, dim or DIM, seed, quiet)


def needs_photos(name: str) -> bool:
    """Whether a descriptor of this name must be learned before it can describe."""
    parsed = parse_name(name)
    return learns(name) or (parsed is not None and parsed.can_be_built and parsed.needs_photos)


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
