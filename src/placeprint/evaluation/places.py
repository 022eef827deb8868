"""Which queries belong to the same place, and how far an answer is from the truth."""

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float64, Int64
from placeprint.datasets import PhotoSet, PlaceDataset
from placeprint.evaluation.ranking import Ranking
from placeprint.geo import LocalFrame, distances

CELL = 25.0
"""Meters: queries in a cell of this size count as one place if nothing better is known."""


def places_of(queries: PhotoSet) -> NDArray[np.str_]:
    """(q,) names of the queries' places, for the bootstrap: the panorama, else the label, else the cell of a
    25 m grid, else each query is its own place.
    """
    cells = _cells(queries)
    names = []
    for row, photo in enumerate(queries):
        if photo.panorama is not None:
            names.append(f"panorama {photo.panorama}")
        elif queries.labels is not None:
            names.append(f"label {queries.labels[row]}")
        else:
            names.append(f"query {row}" if cells is None else f"cell {cells[row].tolist()}")
    return np.array(names)


def errors(dataset: PlaceDataset, ranking: Ranking) -> Float64 | None:
    """(q,) meters from each query's best answer to the query, infinite without one; None without
    positions.
    """
    best = np.array([rows[0] if len(rows) else -1 for rows in ranking.rows], np.int64)
    stored, asked = dataset.database.meters, dataset.queries.meters
    answered = best >= 0
    found = np.full(len(best), np.inf)
    if stored is not None and asked is not None:
        found[answered] = np.hypot(*(stored[best[answered]] - asked[answered]).T)
        return found
    places, truth = _degrees(dataset.database), _degrees(dataset.queries)
    if places is None or truth is None:
        return None
    if answered.any():
        found[answered] = distances(places[best[answered]], truth[answered])
    return found


def _degrees(photos: PhotoSet) -> Float64 | None:
    points = [photo.point for photo in photos]
    if not points or None in points:
        return None
    return np.array([(p.lat, p.lon) for p in points if p is not None])


def _cells(queries: PhotoSet) -> Int64 | None:
    meters = queries.meters
    if meters is None:
        degrees = _degrees(queries)
        if degrees is None:
            return None
        points = [photo.point for photo in queries if photo.point is not None]
        meters = LocalFrame.around(points).to_meters(degrees)
    return np.floor(np.nan_to_num(meters) / CELL).astype(np.int64)
