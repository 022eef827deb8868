"""What separates a query from database photos: meters, frames, labels."""

import numpy as np

from placeprint.arrays import Float64, Int64
from placeprint.datasets import PlaceDataset
from placeprint.geo import distances
from placeprint.plots.svg import length


def meters_between(dataset: PlaceDataset, query: int, rows: Int64) -> Float64:
    """Meters (n,) from a query to database photos, as the protocols measure them; NaN if unknown."""
    stored, asked = dataset.database.meters, dataset.queries.meters
    if stored is not None and asked is not None:
        return np.asarray(np.hypot(*(stored[rows] - asked[query]).T))
    point = dataset.queries[query].point
    found = np.full(len(rows), np.nan)
    for i, row in enumerate(rows.tolist()):
        other = dataset.database[row].point
        if point is not None and other is not None:
            found[i] = distances((other.lat, other.lon), (point.lat, point.lon))
    return found


def separation(dataset: PlaceDataset, query: int, row: int) -> list[str]:
    """What is known, in words: "12 m", "3 frames on", "label kitchen"."""
    (meters,) = meters_between(dataset, query, np.array([row]))
    said = [length(meters)] if np.isfinite(meters) else []
    stored, asked = dataset.database.frames, dataset.queries.frames
    if stored is not None and asked is not None:
        step = int(stored[row] - asked[query])
        said.append(f"{abs(step)} frames {'on' if step > 0 else 'back'}" if step else "same frame")
    if dataset.database.labels is not None:
        said.append(f"label {dataset.database.labels[row]}")
    return said
