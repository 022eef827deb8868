"""A benchmark for place recognition: database photos, query photos, and what is known about both.

A data set holds facts; what counts as right is decided by the protocol (`Protocol`).
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from os.path import commonpath
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Int64
from placeprint.datasets.photo_set import PhotoSet
from placeprint.errors import PlaceprintError
from placeprint.geo import GeoPoint
from placeprint.geo.nearby import within_geodesic, within_planar
from placeprint.photos import PhotoRecord

Column = NDArray[Any]


@dataclass(frozen=True, eq=False)
class PlaceDataset:
    """Photos to search in, photos to search for, and the ground truth published by the authors.

    `unit`: of distances in the column `meters`, "m", or "model unit" where nobody knows how long that is.
    `listed`: if right answers are listed explicitly, the database rows of each query for each grade ("good",
    "junk", "easy", "positive", ...). `notes`: what the reader left out or repaired, one line each.
    """

    name: str
    database: PhotoSet
    queries: PhotoSet
    listed: Mapping[str, Sequence[Int64]] = field(default_factory=dict)
    notes: Sequence[str] = ()
    unit: str = "m"

    def __repr__(self) -> str:
        sides = f"{len(self.database):,} database photos, {len(self.queries):,} queries"
        return f"PlaceDataset({self.name!r}, {sides})"

    def __post_init__(self) -> None:
        for grade, rows in self.listed.items():
            if len(rows) != len(self.queries):
                raise ValueError(f"{grade}: {len(rows)} lists do not match {len(self.queries)} queries")

    def within(self, meters: float) -> list[Int64]:
        """For each query, the database photos at most `meters` away, limit included.

        Euclidean if both sides have the column `meters`, else geodesic. Raises PlaceprintError for a photo
        without a position, unless it is a distractor.
        """
        rows = self._placed()
        stored, asked = self.database.meters, self.queries.meters
        if stored is not None and asked is not None:
            found = within_planar(stored[rows], asked, meters)
        else:
            found = within_geodesic(_points(self.database, rows), _points(self.queries), meters)
        return [rows[near] for near in found]

    def within_frames(self, tolerance: int) -> list[Int64]:
        """For each query, the database frames whose number differs by at most `tolerance`."""
        stored, asked = self._column("frames")
        return self._between(stored, asked - tolerance, asked + tolerance)

    def same_label(self) -> list[Int64]:
        """For each query, the database photos with its label; none for a query without a label."""
        stored, asked = self._column("labels")
        nothing = np.zeros(0, np.int64)
        found = self._between(stored, asked, asked)
        return [rows if label else nothing for rows, label in zip(found, asked.tolist(), strict=True)]

    def itself(self, content: bool = False) -> list[Int64]:
        """For each query, the database rows of the very same file; with `content`, of its copies too."""
        stored = [str(photo.path) for photo in self.database]
        asked = [str(photo.path) for photo in self.queries]
        if content:
            digests = _digests({*stored, *asked})
            stored, asked = ([digests.get(path, path) for path in side] for side in (stored, asked))
        rows: dict[str, list[int]] = {}
        for row, key in enumerate(stored):
            rows.setdefault(key, []).append(row)
        return [np.array(rows.get(key, []), np.int64) for key in asked]

    @cached_property
    def fingerprint(self) -> str:
        """16 hex digits: SHA-256 of both sides' order, paths below the common folder, file sizes,
        positions and columns, and of the listed answers."""
        photos = [*self.database, *self.queries]
        root = commonpath([photo.path.absolute().parent for photo in photos]) if photos else "."
        digest = hashlib.sha256()
        for side in (self.database, self.queries):
            digest.update(f"{len(side)}".encode())
            for photo in side:
                digest.update(_facts(photo, root).encode())
            for name, column in side.columns().items():
                digest.update(f"{name}{column.tolist()!r}".encode())
        for grade in sorted(self.listed):
            digest.update(f"{grade}{[rows.tolist() for rows in self.listed[grade]]!r}".encode())
        return digest.hexdigest()[:16]

    def _placed(self) -> Int64:
        """Rows of the database that are not distractors."""
        distractors = self.database.distractors
        return np.arange(len(self.database)) if distractors is None else np.flatnonzero(~distractors)

    def _between(self, stored: Column, low: Column, high: Column) -> list[Int64]:
        """For each query the rows with low <= stored <= high."""
        rows = self._placed()
        order = rows[np.argsort(stored[rows], kind="stable")]
        first = np.searchsorted(stored[order], low, "left")
        last = np.searchsorted(stored[order], high, "right")
        return [np.sort(order[a:b]) for a, b in zip(first, last, strict=True)]

    def _column(self, name: str) -> tuple[Column, Column]:
        stored, asked = getattr(self.database, name), getattr(self.queries, name)
        if stored is None or asked is None:
            raise PlaceprintError(f"{self.name} has no {name}", "Choose a protocol that suits this data set")
        return stored, asked


def _facts(photo: PhotoRecord, root: str) -> str:
    place = (photo.point.lat, photo.point.lon) if photo.point else None
    try:
        size = photo.path.stat().st_size
    except OSError:
        size = -1
    return repr((photo.path.absolute().relative_to(root).as_posix(), place, photo.panorama, size))


def _points(photos: PhotoSet, rows: Iterable[int] | None = None) -> list[GeoPoint]:
    points = []
    for row in range(len(photos)) if rows is None else rows:
        photo = photos[int(row)]
        if photo.point is None:
            raise PlaceprintError(f"{photo.path}: no position", "The ground truth needs one for every photo")
        points.append(photo.point)
    return points


def _digests(paths: set[str]) -> dict[str, str]:
    """SHA-256 of the files that have the size of another one: only those can be copies."""
    sizes: dict[int, list[str]] = {}
    for path in paths:
        if Path(path).is_file():
            sizes.setdefault(Path(path).stat().st_size, []).append(path)
    found = {}
    for same in sizes.values():
        for path in same if len(same) > 1 else ():
            with Path(path).open("rb") as file:
                found[path] = hashlib.file_digest(file, "sha256").hexdigest()
    return found
