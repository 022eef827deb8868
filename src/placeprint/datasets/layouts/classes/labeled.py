"""Data sets of labeled photos, each of which is a query against all others."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from placeprint.arrays import Float64
from placeprint.datasets.photo_set import PhotoSet
from placeprint.datasets.place_dataset import PlaceDataset
from placeprint.errors import PlaceprintError
from placeprint.photos import PhotoRecord


def labeled(
    name: str,
    paths: Sequence[Path],
    labels: Sequence[str],
    boxes: Float64 | None = None,
    notes: Sequence[str] = (),
) -> PlaceDataset:
    """Every photo is both database and query; the protocol must leave out the query itself."""
    photos = PhotoSet([PhotoRecord(path, None) for path in paths], labels=np.array(labels, str), boxes=boxes)
    return PlaceDataset(name, photos, photos, notes=notes)


def require(split: str, splits: tuple[str, ...], folder: Path) -> None:
    """Raises PlaceprintError if the split is not among `splits`."""
    if split not in splits:
        raise PlaceprintError(
            f"{folder}: there is no split {split!r}", f"Its splits: {', '.join(splits) or 'none'}"
        )
