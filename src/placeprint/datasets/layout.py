"""What a data set looks like on disk, and where to get the original."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from placeprint.datasets.place_dataset import PlaceDataset


@dataclass(frozen=True)
class Layout:
    """One form in which people have a data set on disk. Each module of `datasets/layouts/` defines one.

    - `splits(folder)`: the names of the splits that can be read; empty if the folder has another layout. It
    looks at names only and never raises.
    - `read(folder, split)`: lists and ground truth, in the authors' order. Photos themselves are neither
    opened nor required. Raises PlaceprintError, naming the file and how to fix it.
    - `published`: {split: (database photos, queries)} as stated by the authors.
    - `checksums`: {path below the folder: "md5:..." or "sha256:..."}, if known from a source.
    """

    name: str
    title: str
    origin: str
    splits: Callable[[Path], tuple[str, ...]]
    read: Callable[[Path, str], PlaceDataset]
    published: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    checksums: Mapping[str, str] = field(default_factory=dict)
