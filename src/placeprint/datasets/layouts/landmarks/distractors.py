"""Distractors: photos of other places that make the search harder (Flickr100k, R1M, any folder)."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.datasets.place_dataset import PlaceDataset
from placeprint.errors import PlaceprintError
from placeprint.photos import PhotoRecord
from placeprint.photos.walk import walk

_UNKNOWN: dict[str, float | str] = {
    "meters": np.nan,
    "frames": 0,
    "labels": "",
    "stamps": "",
    "regions": "",
    "boxes": np.nan,
    "distractors": True,
}


def with_distractors(dataset: PlaceDataset, folder: Path, limit: int | None = None) -> PlaceDataset:
    """The data set with every photo below `folder` appended to its database, in path order.

    Oxford105k and Paris106k add Flickr100k (Philbin et al., CVPR 2007: 100,071 photos); ROxford + R1M adds
    revisitop1m (Radenović et al., CVPR 2018: 1,001,001). A distractor answers no query, and nothing else is
    known about it (the column `distractors`). Photos already in the data set are skipped. `limit`: only the
    first so many. `listed` is unchanged, because database rows keep their numbers. Raises PlaceprintError if
    no photo is found.
    """
    if limit is not None and limit < 0:
        raise ValueError(f"limit {limit} is negative")
    had = set(_places([photo.path for photo in (*dataset.database, *dataset.queries)]))
    found = walk(folder).paths if folder.is_dir() else []
    added = [path for path, place in zip(found, _places(found), strict=True) if place not in had][:limit]
    if not added and limit != 0:
        raise PlaceprintError(f"{folder}: no photos to add", "Give the folder of the distractors")
    photos = [*dataset.database.photos, *(PhotoRecord(path, None) for path in added)]
    before = {"distractors": np.zeros(len(dataset.database), np.bool_)} | dataset.database.columns()
    columns = {name: _longer(column, name, len(added)) for name, column in before.items()}
    note = f"{len(added)} distractors from {folder}, which answer no query"
    return replace(
        dataset,
        name=f"{dataset.name} with {len(added)} distractors",
        database=replace(dataset.database, photos=photos, **columns),
        notes=[*dataset.notes, note],
    )


def _longer(column: NDArray[Any], name: str, count: int) -> NDArray[Any]:
    unknown: Any = _UNKNOWN[name]
    kind = column.dtype if column.dtype.kind != "U" else None
    return np.concatenate([column, np.full((count, *column.shape[1:]), unknown, kind)])


def _places(paths: Sequence[Path]) -> list[tuple[Path, str]]:
    """Absolute folder and name of each; each of the few folders is resolved only once."""
    folders = {parent: parent.resolve() for parent in {path.parent for path in paths}}
    return [(folders[path.parent], path.name) for path in paths]
