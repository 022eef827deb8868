"""The files of a feature cache: generations of vectors, each with a manifest that says how far it is."""

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np

from placeprint.artifact import replace_file
from placeprint.errors import FormatError

FORMAT = "placeprint/feature-cache"
VERSION = 1

Manifest = dict[str, Any]
Recipe = Mapping[str, int | str]
"""`rows`, `dim` and `dtype` of the vectors."""


def generations(folder: Path) -> list[Path]:
    """Oldest first, finished or not."""
    found = folder.glob("generation-*")
    return sorted(path for path in found if re.fullmatch(r"generation-\d{6}", path.name))


def read_manifest(generation: Path, recipe: Recipe) -> Manifest | None:
    """What it says; None where there is none, or it is of another recipe. Raises FormatError."""
    path = generation / "manifest.json"
    if not path.is_file():
        return None
    try:
        said: Manifest = json.loads(path.read_text())
        if said["format"] == FORMAT and said["version"] > VERSION:
            raise FormatError(f"{path} was written by a newer placeprint", "Upgrade placeprint.")
        for key, kind in {"fingerprint": str, "done": int, "unreadable": list}.items():
            if not isinstance(said[key], kind):
                raise ValueError(f"{key} is {said[key]!r}")
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise FormatError(f"{path} is damaged ({error})", "Delete this folder.") from error
    expected = _header(recipe)
    return said if {key: said.get(key) for key in expected} == expected else None


def write_manifest(generation: Path, manifest: Manifest) -> None:
    """Complete or not at all."""
    replace_file(generation / "manifest.json", json.dumps(manifest).encode())


def open_vectors(generation: Path, recipe: Recipe, mode: Literal["r", "r+"] = "r") -> np.memmap[Any, Any]:
    """The memory-mapped array. Raises FormatError where it is damaged."""
    path = generation / "vectors.npy"
    try:
        vectors: np.memmap[Any, Any] = np.load(path, mmap_mode=mode)
        if vectors.shape != (recipe["rows"], recipe["dim"]) or vectors.dtype != recipe["dtype"]:
            raise ValueError(f"it holds {vectors.dtype} {vectors.shape}")
    except (ValueError, OSError) as error:
        raise FormatError(f"{path} is damaged ({error})", "Delete this folder.") from error
    return vectors


def begin(folder: Path, recipe: Recipe, fingerprint: str, keep: Path | None) -> tuple[Path, Manifest]:
    """The generation to fill: an interrupted one of this fingerprint, or a new one. All others but `keep`
    are removed."""
    number, begun = 0, None
    for generation in generations(folder):
        number = int(generation.name[-6:])
        said = read_manifest(generation, recipe)
        if generation == keep:
            continue
        if said is not None and said["fingerprint"] == fingerprint:
            begun = generation, said
        else:
            shutil.rmtree(generation, ignore_errors=True)
    if begun is not None:
        return begun
    target = folder / f"generation-{number + 1:06}"
    target.mkdir()
    shape = (int(recipe["rows"]), int(recipe["dim"]))
    np.lib.format.open_memmap(target / "vectors.npy", "w+", np.dtype(str(recipe["dtype"])), shape)
    said = _header(recipe) | {"fingerprint": fingerprint, "done": 0, "unreadable": []}
    write_manifest(target, said)
    return target, said


def _header(recipe: Recipe) -> Manifest:
    return {"format": FORMAT, "version": VERSION, **recipe}
