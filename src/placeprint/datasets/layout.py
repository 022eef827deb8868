"""What a data set looks like on disk, and where to get the original."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from placeprint.datasets.place_dataset import PlaceDataset
from placeprint.registry import Registry


@dataclass(frozen=True)
class Layout:
    """One form in which people have a data set on disk. Each module of `datasets/layouts/` defines one.

    - `splits(folder)`: the names of the splits that can be read; empty if the folder has another layout. It
    looks at names only and never raises.
    - `read(folder, split)`: lists and ground truth, in the authors' order. Photos themselves are neither
      opened nor required. Raises PlaceprintError that names the file and the mend.
    - `published`: {split: (database photos, queries)} as the authors state it.
    - `guess`: the order in which the layouts are tried on a folder, the more particular ones first; None: it
      fits nearly any folder, and is read where it is named.
    - `checksums`: {path below the folder: "md5:..." or "sha256:..."}, where known from a source.
    """

    name: str
    title: str
    origin: str
    splits: Callable[[Path], tuple[str, ...]]
    read: Callable[[Path, str], PlaceDataset]
    published: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    checksums: Mapping[str, str] = field(default_factory=dict)
    guess: int | None = 0


LAYOUTS: Registry[Layout] = Registry("data set layout", "placeprint.datasets.layouts", "placeprint.layouts")
"""Every layout that can be read, by name."""


def register(layout: Layout) -> Layout:
    """Make a layout known under its name."""
    return LAYOUTS.register(layout.name)(layout)
