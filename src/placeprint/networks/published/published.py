"""A published network as ours, and the sources of such networks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from placeprint.errors import FormatError, PlaceprintError
from placeprint.networks.architecture import Architecture
from placeprint.networks.backbones import Weights
from placeprint.networks.place_network import PlaceNetwork
from placeprint.networks.published.checkpoint import Checkpoint, read_checkpoint


@dataclass(frozen=True, eq=False)
class Published:
    """`network` in evaluation mode gives the vectors of the original.

    `weights` say where the file is from and which pixels it wants, `size_rule` is the rule of
    `photos.resize` nearest to what the original does before, `training` the data and the loss as far as
    the file or its authors tell, `notes` what differs or is left to know.
    """

    network: PlaceNetwork
    architecture: Architecture
    weights: Weights
    size_rule: str
    training: str
    notes: tuple[str, ...] = ()


Whitening = str | Path
"""A file of PCA parameters, or the name of a whitening that the checkpoint has, or "none"."""


@dataclass(frozen=True)
class Source:
    """`marks`: names that every checkpoint of this source has; `whiten`: converts it with a whitening of the
    caller's choice, where there is one."""

    name: str
    marks: tuple[str, ...]
    convert: Callable[[Checkpoint], Published]
    whiten: Callable[[Checkpoint, Whitening], Published] | None = None

    def missing(self, checkpoint: Checkpoint) -> list[str]:
        return [mark for mark in self.marks if mark not in checkpoint]


def read_as(path: Path, sources: Sequence[Source], whitening: Whitening | None = None) -> Published:
    """Read the file as that one of the sources whose marks it has; of several, that with the most.

    Raises `PlaceprintError` that says which sources there are and what the file lacks of the nearest,
    `FormatError` for a damaged or malicious file, and for one with a weight that was not used.
    """
    checkpoint = read_checkpoint(path)
    complete = [source for source in sources if not source.missing(checkpoint)]
    if not complete:
        nearest = max(sources, key=lambda source: 1 - len(source.missing(checkpoint)) / len(source.marks))
        lacks = ", ".join(nearest.missing(checkpoint))
        known = "; ".join(source.name for source in sources)
        raise PlaceprintError(
            f"{path} is of no kind that is understood. Nearest: {nearest.name}, of which it lacks {lacks}",
            f"Understood: {known}.",
        )
    source = max(complete, key=lambda source: len(source.marks))
    if whitening is not None and source.whiten is None:
        raise PlaceprintError(f"{path} ({source.name}) takes no other whitening", "Leave the whitening out.")
    try:
        if whitening is not None and source.whiten is not None:
            published = source.whiten(checkpoint, whitening)
        else:
            published = source.convert(checkpoint)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise FormatError(
            f"{path} ({source.name}) is damaged, or of another form ({error})", "Get the original file."
        ) from error
    checkpoint.check_all_taken(source.name)
    return published
