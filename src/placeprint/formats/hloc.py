"""hloc's files: pairs of photos, global features, poses of localized queries."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float32, Int64
from placeprint.artifact import replace_file, replacing
from placeprint.errors import FormatError, MissingExtraError, PlaceprintError
from placeprint.formats.camera_poses import CameraPoses
from placeprint.formats.photo_names import check_lines, check_rows, check_words, encode, names_below
from placeprint.progress import track

DESCRIPTOR = "global_descriptor"


def read_pairs(path: Path) -> dict[str, list[str]]:
    """`pairs-*.txt`, lines of query and reference: the references of each query, best first."""
    pairs: dict[str, list[str]] = {}
    with _text(path) as file:
        for number, line in enumerate(file, start=1):
            fields = line.split()
            if fields and len(fields) != 2:
                raise FormatError(
                    f"{path}, line {number}: {len(fields)} names instead of 2",
                    "A line is the name of a query, a space, and the name of a reference",
                )
            if fields:
                pairs.setdefault(fields[0], []).append(fields[1])
    return pairs


def write_pairs(
    path: str | Path, queries: Sequence[Path], database: Sequence[Path], ranked: Sequence[Int64], root: Path
) -> None:
    """One line a pair, `query reference`, best first, as hloc's `pairs_from_retrieval` writes them.

    Names are relative to `root`, hloc's image folder. A query for which nothing was found has no line.
    Raises `PlaceprintError` for a name with white space, at which hloc would cut it.
    """
    check_rows(ranked, len(queries), len(database))
    asked, stored = names_below(queries, root), names_below(database, root)
    check_words([*asked, *stored], "hloc's pairs")
    lines = [f"{query} {stored[row]}\n" for query, rows in zip(asked, ranked, strict=True) for row in rows]
    replace_file(Path(path), encode("".join(lines)))


def read_poses(path: Path) -> CameraPoses:
    """The poses of localized queries, lines `name qw qx qy qz tx ty tz`, in the order of the file."""
    names, rows = [], []
    with _text(path) as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                name, *pose = line.strip().rsplit(None, 7)
                if len(pose) != 7:
                    raise ValueError(f"{len(pose)} numbers instead of 7")
                rows.append([float(value) for value in pose])
            except ValueError as error:
                raise FormatError(
                    f"{path}, line {number}: {error}", "A line is a name and qw qx qy qz tx ty tz"
                ) from error
            names.append(name)
    poses = np.array(rows, np.float64).reshape(-1, 7)
    try:
        return CameraPoses(names, poses[:, :4], poses[:, 4:])
    except ValueError as error:
        raise FormatError(f"{path}: {error}", "Localize the queries again") from error


def write_poses(path: str | Path, poses: CameraPoses) -> None:
    """Lines `name qw qx qy qz tx ty tz`, with all digits: what `read_poses` reads, in the same order.

    The benchmark at visuallocalization.net takes the same lines, with file names alone. Raises
    `PlaceprintError` for a name that is not one line.
    """
    check_lines(poses.names)
    lines = [f"{name} {pose}\n" for name, pose in zip(poses.names, poses.lines(), strict=True)]
    replace_file(Path(path), encode("".join(lines)))


def feature_names(path: Path) -> list[str]:
    """The photos described in a `global-feats-*.h5`, in order of their names."""
    names: list[str] = []
    with _hdf5(path) as file:
        file.visit(lambda name: names.append(name) if name.endswith(f"/{DESCRIPTOR}") else None)
    return sorted(name.removesuffix(f"/{DESCRIPTOR}") for name in names)


def read_features(path: Path, names: Sequence[str]) -> Float32:
    """(n, d) descriptors of these photos from a `global-feats-*.h5`, where hloc stores 16-bit floats.

    Raises `FormatError` for a photo that the file does not describe, or descriptors of different lengths.
    """
    vectors: Float32 | None = None
    with _hdf5(path) as file:
        for row, name in enumerate(names):
            try:
                vector = np.asarray(file[name][DESCRIPTOR], np.float32).ravel()
            except (KeyError, TypeError, ValueError, OSError) as error:
                raise FormatError(f"{path}: no {DESCRIPTOR} of {name!r}", "Extract it with hloc") from error
            if vectors is None:
                vectors = np.empty((len(names), len(vector)), np.float32)
            if len(vector) != vectors.shape[1]:
                raise FormatError(
                    f"{path}: {name!r} has {len(vector)} values, {names[0]!r} {vectors.shape[1]}",
                    "Extract all with one method",
                )
            vectors[row] = vector
    return np.zeros((0, 0), np.float32) if vectors is None else vectors


def write_features(
    path: str | Path, names: Sequence[str], vectors: NDArray[np.floating], quiet: bool = False
) -> None:
    """A `global-feats-*.h5`: for each name a group with the dataset `global_descriptor`, as 32-bit floats.

    vectors: (n, d), in the order of `names` (`names_below`). `quiet`: no progress. Raises
    `MissingExtraError` without h5py, `PlaceprintError` for a name that is given twice or that is no plain
    relative path.
    """
    h5py = _h5py()
    if vectors.ndim != 2 or len(vectors) != len(names):
        raise ValueError(f"vectors {vectors.shape} do not fit {len(names)} names")
    seen: set[str] = set()
    for name in names:
        plain = PurePosixPath(name)
        if plain.is_absolute() or plain.as_posix() != name or name == "." or name in seen:
            raise PlaceprintError(f"{name!r} is given twice or is no relative path", "Name each photo once")
        seen.add(name)
    with replacing(Path(path)) as temporary, h5py.File(temporary, "w", libver="latest") as file:
        rows = zip(names, vectors, strict=True)
        for name, vector in track(rows, "Writing features", len(names), quiet=quiet):
            file.create_group(name).create_dataset(DESCRIPTOR, data=np.asarray(vector, np.float32))


def _h5py() -> Any:
    """The package h5py. Raises `MissingExtraError` where it is not installed."""
    try:
        import h5py  # type: ignore[import-untyped, unused-ignore]
    except ImportError as error:
        raise MissingExtraError("HDF5 files", "hdf5") from error
    return h5py


def _text(path: Path) -> TextIO:
    if not path.is_file():
        raise PlaceprintError(f"{path} does not exist", "Check the path")
    return path.open(encoding="utf-8-sig", errors="surrogateescape")


def _hdf5(path: Path) -> Any:
    h5py = _h5py()
    if not path.is_file():
        raise PlaceprintError(f"{path} does not exist", "Check the path")
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise FormatError(f"{path} is damaged or not an HDF5 file ({error})", "Extract it again") from error
