"""What locating needs from a map, loaded once: vectors, positions in meters, groups of photos."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from placeprint.arrays import Bool, Float32, Float64, Int64, squared_distances
from placeprint.errors import FormatError
from placeprint.geo import GeoPoint, LocalFrame, distances
from placeprint.geo.cells import nearest_other
from placeprint.geo.nearby import boxes_around
from placeprint.index import Index, make_index
from placeprint.placemap.calibration.background import background
from placeprint.placemap.calibration.calibration import CUES, Calibration
from placeprint.placemap.calibration.prior import PRIOR
from placeprint.placemap.storage.manifest import RESTORE
from placeprint.placemap.storage.snapshot import Snapshot
from placeprint.representations import VECTOR, Representation
from placeprint.retrieval import DenseRetriever, Pipeline, PipelineSpec

SAME_SPOT = 1.0
"""Meters within which photos without a panorama number count as taken from the same spot."""

DUPLICATE = 0.15
"""Squared distance below which two references at one place show the same picture, as those of a burst do;
views of a street a few meters apart are at 0.4 and more."""

UNIT = 0.01
"""How much the squared length of a stored vector may differ from 1."""

WIDEST_PLACE = 15.0
"""Largest bandwidth in meters: beyond it two photos rarely show the same façades."""


@dataclass(frozen=True)
class References:
    """The reference photos of a snapshot; row i of every array is photo `ids[i]`.

    `spec`: the pipeline for queries; its re-rankers read the map's columns.
    """

    snapshot: Snapshot
    spec: PipelineSpec

    @cached_property
    def ids(self) -> Int64:
        """(n,) ids of the photos, ascending."""
        return self.snapshot.ids

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def frame(self) -> LocalFrame:
        """The local frame of `meters`."""
        return LocalFrame.around([GeoPoint(lat, lon) for lat, lon in self.snapshot.positions])

    @cached_property
    def meters(self) -> Float64:
        """(n, 2) east and north."""
        return self.frame.to_meters(self.snapshot.positions)

    def value(self, column: str, id: int) -> Any:
        """The stored value of a photo's column. Raises `FormatError` if there is none."""
        row = self.row(id)
        found = self.snapshot.value(column, row)
        if found is None:
            raise FormatError(f"the map has no {column} of {self.snapshot.entries[row].path}")
        return found

    def represent(self, row: int) -> Representation:
        """A photo of the map as if it were a query."""
        makers = {c.name: partial(self.snapshot.value, c.name, row) for c in self.snapshot.columns}
        return Representation(makers=makers)

    @cached_property
    def pipeline(self) -> Pipeline:
        """From a query to candidates."""
        return Pipeline(DenseRetriever(self.index), self.spec.rerankers)

    @cached_property
    def index(self) -> Index:
        """The index of the vectors."""
        index = make_index(self.spec.index, self.vectors.shape[1])
        if not index.is_trained:
            index.train(self.vectors)
        index.add(self.ids, self.vectors)
        return index

    @cached_property
    def vectors(self) -> Float32:
        """(n, dim) vectors of the descriptor. Raises `FormatError` unless each has length 1 (or 0, of a photo
        without features), as every descriptor gives them.
        """
        vectors: Float32 = self.snapshot.matrix(VECTOR)
        squared = np.einsum("nd,nd->n", vectors, vectors)
        wrong = np.flatnonzero(~((np.abs(squared - 1.0) < UNIT) | (squared == 0.0)))
        if len(wrong):
            path = self.snapshot.entries[int(wrong[0])].path
            said = f"{len(wrong)} vectors of the map are no descriptors, such as that of {path}"
            raise FormatError(said, RESTORE)
        return vectors

    def calibration(self, verified: bool) -> Calibration:
        """What confidence and radii mean, with and without geometric evidence, for this snapshot."""
        kind = "verified" if verified else "descriptor"
        learned = self.snapshot.calibration
        known = kind in learned and learned.get("cues") == CUES
        return Calibration(**learned[kind]) if known else PRIOR[kind]

    @cached_property
    def background(self) -> Float32 | None:
        """(b, dim) descriptors of photos from elsewhere, if placeprint ships some of this descriptor."""
        described = self.spec.descriptor
        return None if isinstance(described, str) else background(described.fingerprint)

    @cached_property
    def by_digest(self) -> Mapping[str, str]:
        """Path of each photo by the SHA-256 of its bytes."""
        return {entry.sha256: entry.path for entry in self.snapshot.entries}

    @cached_property
    def sizes(self) -> frozenset[int]:
        """Sizes of the files in bytes."""
        return frozenset(entry.size for entry in self.snapshot.entries)

    @cached_property
    def bandwidth(self) -> float:
        """Meters within which two references count as one place: 2.5 times their typical spacing."""
        spots = self.meters[np.unique(self.spots, return_index=True)[1]]
        if len(spots) < 2:
            return WIDEST_PLACE
        spacing = float(np.median(nearest_other(spots)))
        return float(np.clip(2.5 * spacing, 2.0, WIDEST_PLACE))

    @cached_property
    def spots(self) -> Int64:
        """(n,) a number for each photo's panorama, or group of photos within `SAME_SPOT` meters."""
        labels = np.array([e.panorama or "" for e in self.snapshot.entries], dtype=str)
        _, spots = np.unique(labels, return_inverse=True)
        alone = np.flatnonzero(labels == "")
        if len(alone):
            _, cells = np.unique(np.round(self.meters[alone] / SAME_SPOT), axis=0, return_inverse=True)
            spots[alone] = spots.max(initial=0) + 1 + cells.ravel()
        return np.asarray(spots, np.int64)

    def duplicates(self, row: int) -> Bool:
        """(n,) which photos show the same picture from the same place, itself included."""
        alike = squared_distances(self.vectors[row : row + 1], self.vectors)[0] < DUPLICATE
        near = np.hypot(*(self.meters - self.meters[row]).T) <= self.bandwidth
        return np.asarray(alike & near)

    def within(self, point: GeoPoint, meters: float) -> Bool:
        """(n,) which photos lie at a geodesic distance of at most `meters`."""
        lat, lon = self.snapshot.positions.T
        boxes = boxes_around(point, meters)
        inside = [(lat >= s) & (lat <= n) & (lon >= w) & (lon <= e) for s, n, w, e in boxes]
        near = np.logical_or.reduce(inside)
        near[near] = distances((point.lat, point.lon), self.snapshot.positions[near]) <= meters
        return np.asarray(near)

    def rows(self, ids: Int64) -> Int64:
        """Rows of `ids`; the ids of a snapshot are ascending."""
        return np.searchsorted(self.ids, ids)

    def row(self, id: int) -> int:
        """Row of one photo."""
        return int(np.searchsorted(self.ids, id))
