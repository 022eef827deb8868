"""A benchmark for place recognition: database photos, query photos, and which of them belong together."""

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from os.path import commonpath
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from placeprint.errors import PlaceprintError
from placeprint.geo import WGS84, GeoPoint, distances
from placeprint.photos import PhotoRecord, find

ROUNDING = 1e-3  # metres: more than the error of geocentric coordinates


@dataclass(frozen=True)
class PlaceDataset:
    """A query's positives are the database photos within `positive_radius` metres, whatever they look at.

    25 m is the protocol of NetVLAD (Arandjelović et al. 2016, sec. 5.1) and of most papers since.
    """

    name: str
    database: list[PhotoRecord]
    queries: list[PhotoRecord]
    positive_radius: float = 25.0

    def positives(self) -> list[NDArray[np.int64]]:
        """For each query the ascending database indices at `positive_radius` or nearer (geodesic, inclusive).

        Raises PlaceprintError for a photo without a position.
        """
        stored, asked = _positions(self.database), _positions(self.queries)
        if not stored or not asked:
            return [np.zeros(0, np.int64) for _ in asked]
        near = KDTree(_geocentric(stored)).query_ball_point(
            _geocentric(asked), self.positive_radius + ROUNDING
        )
        degrees = np.array([(p.lat, p.lon) for p in stored])
        result = []
        for point, found in zip(asked, near, strict=True):
            candidates = np.sort(np.array(found, np.int64))
            exact = distances(degrees[candidates], (point.lat, point.lon)) if len(candidates) else np.zeros(0)
            result.append(candidates[exact <= self.positive_radius])
        return result

    @cached_property
    def fingerprint(self) -> str:
        """16 hex digits: SHA-256 of roles, paths below the common folder, positions and file sizes."""
        photos = [("database", p) for p in self.database] + [("query", p) for p in self.queries]
        root = commonpath([photo.path.parent for _, photo in photos]) if photos else "."
        digest = hashlib.sha256(f"{self.positive_radius!r}".encode())
        for role, photo in photos:
            place = (photo.point.lat, photo.point.lon) if photo.point else None
            size = photo.path.stat().st_size if photo.path.is_file() else -1
            digest.update(repr((role, photo.path.relative_to(root).as_posix(), place, size)).encode())
        return digest.hexdigest()[:16]


def from_table(
    table: str | Path,
    split: str | Sequence[str] | None = None,
    name: str | None = None,
    positive_radius: float = 25.0,
) -> PlaceDataset:
    """Read a table with the columns path, lat, lon, heading, panorama, split, role.

    Of the rows of `split` (None: all), role `database` and role `query` are taken; every other role
    (`extra`, `elsewhere`) is left out. Raises PlaceprintError if nothing is left.
    """
    table = Path(table)
    splits = None if split is None else {split} if isinstance(split, str) else set(split)
    roles = {}
    with table.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(file)
        missing = {"path", "split", "role"} - set(rows.fieldnames or ())
        if missing:
            raise PlaceprintError(
                f"{table}: no column {', '.join(sorted(missing))}", "See the columns in the docs"
            )
        for row in rows:
            if splits is None or row["split"] in splits:
                roles[(table.parent / row["path"]).resolve()] = row["role"]
    records = [(roles.get(record.path.resolve()), record) for record in find(table).photos]
    database = [record for role, record in records if role == "database"]
    queries = [record for role, record in records if role == "query"]
    if not database or not queries:
        raise PlaceprintError(
            f"{table}: {len(database)} database photos and {len(queries)} queries in split {split!r}",
            "Check the split's name and that the photos are there",
        )
    return PlaceDataset(name or f"{table.parent.name}/{split or 'all'}", database, queries, positive_radius)


def _geocentric(points: Sequence[GeoPoint]) -> NDArray[np.float64]:
    """(n, 3) metres from the Earth's centre: a straight line is never longer than the geodesic."""
    lat, lon = np.radians([(p.lat, p.lon) for p in points]).T
    normal = WGS84.a / np.sqrt(1.0 - WGS84.es * np.sin(lat) ** 2)
    return np.stack(
        [
            normal * np.cos(lat) * np.cos(lon),
            normal * np.cos(lat) * np.sin(lon),
            normal * (1.0 - WGS84.es) * np.sin(lat),
        ],
        axis=1,
    )


def _positions(photos: Sequence[PhotoRecord]) -> list[GeoPoint]:
    points = []
    for photo in photos:
        if photo.point is None:
            raise PlaceprintError(f"{photo.path}: no position", "Ground truth needs one for every photo")
        points.append(photo.point)
    return points
