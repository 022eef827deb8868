"""Pairs and global features for hloc."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Int64
from placeprint.artifact import replace_file, replacing
from placeprint.errors import PlaceprintError
from placeprint.formats.hloc import DESCRIPTOR, load_h5py
from placeprint.formats.photo_names import check_rows, encode, names_below
from placeprint.progress import track


def write_hloc_pairs(
    path: str | Path, queries: Sequence[Path], database: Sequence[Path], ranked: Sequence[Int64], root: Path
) -> None:
    """One line per pair, `query reference`, best first, as written by hloc's `pairs_from_retrieval`.

    Names are relative to `root`, hloc's image folder. A query for which nothing was found has no line. Raises
    `PlaceprintError` for a name with whitespace, where hloc would split it.
    """
    check_rows(ranked, len(queries), len(database))
    asked, stored = names_below(queries, root), names_below(database, root)
    for name in (*asked, *stored):
        if len(name.split()) != 1:
            raise PlaceprintError(f"{name!r}: hloc's pairs allow no spaces in names", "Rename that photo")
    lines = [f"{query} {stored[row]}\n" for query, rows in zip(asked, ranked, strict=True) for row in rows]
    replace_file(Path(path), encode("".join(lines)))


def write_hloc_features(path: str | Path, names: Sequence[str], vectors: NDArray[np.floating]) -> None:
    """A `global-feats-*.h5`: for each name a group with the dataset `global_descriptor`, as 32-bit floats.

    vectors: (n, d), in the order of `names` (`names_below`). Raises `MissingExtraError` without h5py,
    `PlaceprintError` for a name that occurs twice or is not a plain relative path.
    """
    h5py = load_h5py()
    if vectors.ndim != 2 or len(vectors) != len(names):
        raise ValueError(f"vectors {vectors.shape} do not match {len(names)} names")
    seen: set[str] = set()
    for name in names:
        plain = PurePosixPath(name)
        if plain.is_absolute() or plain.as_posix() != name or name == "." or name in seen:
            raise PlaceprintError(f"{name!r} occurs twice or is not a relative path", "Name each photo once")
        seen.add(name)
    with replacing(Path(path)) as temporary, h5py.File(temporary, "w", libver="latest") as file:
        rows = zip(names, vectors, strict=True)
        for name, vector in track(rows, "Writing features", len(names)):
            file.create_group(name).create_dataset(DESCRIPTOR, data=np.asarray(vector, np.float32))
