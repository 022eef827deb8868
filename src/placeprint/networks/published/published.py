"""A published network as a placeprint network, and the known sources of such networks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from placeprint.errors import FormatError, PlaceprintError
from placeprint.networks.architecture import Architecture
from placeprint.networks.backbones import PretrainedWeights
from placeprint.networks.place_network import PlaceNetwork
from placeprint.networks.published.files.checkpoint import Checkpoint, read_checkpoint


@dataclass(frozen=True, eq=False)
class Published:
    """`network`, in evaluation mode, gives the vectors of the original.

    `weights` says where the file comes from and which pixels it expects; `size_rule` is the rule of
    `photos.resize` closest to the original's resizing; `training` names the data and the loss, as far as the
    file or its authors say; `notes` lists differences and other things to know.
    """

    network: PlaceNetwork
    architecture: Architecture
    weights: PretrainedWeights
    size_rule: str
    training: str
    notes: tuple[str, ...] = ()


Whitening = str | Path
"""A file of PCA parameters, the name of a whitening in the checkpoint, or "none"."""


@dataclass(frozen=True)
class Source:
    """`marks`: names that every checkpoint from this source has; `convert` reads it, and `whiten`, if there
    is one, reads it with a whitening chosen by the caller.
    """

    name: str
    marks: tuple[str, ...]
    convert: Callable[[Checkpoint], Published]
    whiten: Callable[[Checkpoint, Whitening], Published] | None = None

    def missing(self, checkpoint: Checkpoint) -> list[str]:
        """The marks that the checkpoint lacks."""
        return [mark for mark in self.marks if mark not in checkpoint]


def read_as(path: Path, sources: Sequence[Source], whitening: Whitening | None = None) -> Published:
    """Read the file as the source whose marks it has; if several match, the one with the most marks.

    Raises `PlaceprintError`, listing the sources and what the file lacks of the nearest one, if none matches;
    `FormatError` for a damaged or malicious file, and for a file with a weight that was not used.
    """
    checkpoint = read_checkpoint(path)
    complete = [source for source in sources if not source.missing(checkpoint)]
    if not complete:
        nearest = max(sources, key=lambda source: 1 - len(source.missing(checkpoint)) / len(source.marks))
        lacks = ", ".join(nearest.missing(checkpoint))
        known = "; ".join(source.name for source in sources)
        raise PlaceprintError(
            f"{path} is not of a supported kind. Nearest: {nearest.name}, of which it lacks {lacks}",
            f"Supported: {known}.",
        )
    source = max(complete, key=lambda source: len(source.marks))
    if whitening is not None and source.whiten is None:
        raise PlaceprintError(f"{path} ({source.name}) allows no other whitening", "Leave it out.")
    try:
        if whitening is not None and source.whiten is not None:
            published = source.whiten(checkpoint, whitening)
        else:
            published = source.convert(checkpoint)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise FormatError(
            f"{path} ({source.name}) is damaged, or has another form ({error})", "Get the original file."
        ) from error
    checkpoint.check_all_taken(source.name)
    return published
