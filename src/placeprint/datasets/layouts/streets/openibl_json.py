"""OpenIBL's own lists: `meta_30k.json` (identities, utm) and `splits_30k.json`, photos below `raw/`.

OpenIBL creates them from the .mat files and reads each side sorted by path. That is not the order of the
.mat: row numbers, and thus ties, differ. An identity is a panorama, or a place at one time.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from placeprint.datasets.layout import Layout, register
from placeprint.datasets.layouts.classes.labeled import require
from placeprint.datasets.layouts.own.listed_photos import holding, listing, present
from placeprint.datasets.layouts.own.npy_lists import rows_among
from placeprint.datasets.layouts.own.text_list import AGAIN, read_text
from placeprint.datasets.photo_set import PhotoSet
from placeprint.datasets.place_dataset import PlaceDataset
from placeprint.errors import FormatError
from placeprint.photos import PhotoRecord

PARTS = ("train", "val", "test")


def _scales(folder: Path) -> dict[str, tuple[str, str]]:
    """{split: (scale, part)}; `meta.json` without a scale gives "train", `meta_30k.json` "30k-train"."""
    names = set(listing(folder))
    scales = [
        name[len("meta") : -len(".json")]
        for name in sorted(names)
        if name.startswith("meta") and name.endswith(".json") and f"splits{name[len('meta') :]}" in names
    ]
    return {f"{scale}-{part}".strip("_-"): (scale, part) for scale in scales for part in PARTS}


def _read(folder: Path, split: str) -> PlaceDataset:
    """Meters are `utm`, panorama the identity's number. Queries of "train" without a positive are kept;
    OpenIBL drops them when it samples triplets.
    """
    scales = _scales(folder)
    require(split, tuple(scales), folder)
    scale, part = scales[split]
    path, parts = folder / f"meta{scale}.json", folder / f"splits{scale}.json"
    meta, splits = _object(path), _object(parts)
    try:
        identities, utm = meta["identities"], np.asarray(meta["utm"], np.float64)
        if utm.shape != (len(identities), 2) or not all(isinstance(names, list) for names in identities):
            raise ValueError(f"{len(identities)} identities and utm of shape {utm.shape}")
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"{path}: no identities with their utm ({error})", AGAIN) from error
    sides = []
    for side in (f"db_{part}", f"q_{part}"):
        try:
            numbers = rows_among(parts, side, splits[side], len(identities)).tolist()
            rows = sorted((str(name), number) for number in numbers for name in identities[number])
        except KeyError as error:
            raise FormatError(f"{parts}: there is no {error}", AGAIN) from error
        names, chosen = [name for name, _ in rows], [number for _, number in rows]
        paths = present(holding([folder / "raw", folder], names), names)
        photos = [
            PhotoRecord(path, None, panorama=str(number)) for path, number in zip(paths, chosen, strict=True)
        ]
        sides.append(PhotoSet(photos, meters=utm[np.array(chosen, np.int64)]))
    return PlaceDataset(f"openibl/{split}", sides[0], sides[1])


def _object(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{path} is not JSON ({error})", AGAIN) from error
    if not isinstance(content, dict):
        raise FormatError(f"{path} is not a JSON object", AGAIN)
    return content


LAYOUT = register(
    Layout(
        name="openibl-json",
        title="OpenIBL's lists: meta.json and splits.json",
        origin="Made by github.com/yxgeee/OpenIBL from the .mat files; photos: ask the authors of NetVLAD",
        splits=lambda folder: tuple(_scales(folder)),
        read=_read,
        published={
            "30k-train": (10_000, 7_416),
            "30k-val": (10_000, 7_608),
            "30k-test": (10_000, 6_816),
            "250k-train": (91_464, 7_824),
            "250k-val": (78_648, 7_608),
            "250k-test": (83_952, 8_280),
        },
        guess=120,
    )
)
