"""San Francisco eXtra Large (Berton et al., CosPlace, CVPR 2022), with UTM in the photos' names.

`processed/{val,test}/database`, `val/queries`, `test/queries_{v1,v2,night,occlusion}`; night and
occlusion are by Barbarani et al., CVPR workshops 2023. `train` has no queries and is not read here.
"""

from dataclasses import replace
from pathlib import Path

from placeprint.datasets.layout import Layout, register
from placeprint.datasets.layouts.classes.labeled import require
from placeprint.datasets.layouts.streets import utm_folders
from placeprint.datasets.place_dataset import PlaceDataset

SPLITS = {
    "val": "val",
    "test-v1": "test_v1",
    "test-v2": "test_v2",
    "test-night": "test_night",
    "test-occlusion": "test_occlusion",
}
NAMES = ("sf-xl", "sf_xl", "sfxl")


def _home(folder: Path) -> Path | None:
    """The folder that contains `val` and `test`; None if it does not look like SF-XL."""
    for home in (folder, folder / "processed"):
        own = any((home / "test" / f"queries_{kind}").is_dir() for kind in ("v1", "v2", "night", "occlusion"))
        named = any(name in part.lower() for part in home.resolve().parts[-2:] for name in NAMES)
        if own or (named and (home / "val" / "queries").is_dir()):
            return home
    return None


def _splits(folder: Path) -> tuple[str, ...]:
    home = _home(folder)
    there = utm_folders.LAYOUT.splits(home) if home else ()
    return tuple(split for split, name in SPLITS.items() if name in there)


def _read(folder: Path, split: str) -> PlaceDataset:
    """Photos sorted by path as text, as in CosPlace; meters are fields 1 and 2."""
    require(split, _splits(folder), folder)
    data = utm_folders.LAYOUT.read(_home(folder) or folder, SPLITS[split])
    return replace(data, name=f"sf-xl/{split}")


LAYOUT = register(
    Layout(
        name="sf-xl",
        title="San Francisco eXtra Large",
        origin="Ask by the form at github.com/gmberton/CosPlace: for research only",
        splits=_splits,
        read=_read,
        guess=60,
    )
)
