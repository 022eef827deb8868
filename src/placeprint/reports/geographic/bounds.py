"""The extent of geometries: the narrowest box, which may reach across the antimeridian."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from placeprint.arrays import Float64


def bounding_box(geometries: Sequence[dict[str, Any]]) -> list[float] | None:
    """[west, south, east, north] in degrees, with west > east across ±180° (RFC 7946 §5.2); None of nothing.

    The widest gap between the spans in longitude is what the box leaves out.
    """
    spans = [span for geometry in geometries for span in _parts(geometry)]
    if not spans:
        return None
    every = np.concatenate(spans)
    (_, south), (east, north) = every.min(axis=0).tolist(), every.max(axis=0).tolist()
    ordered = sorted((float(span[:, 0].min()), float(span[:, 0].max())) for span in spans)
    west, reach = ordered[0]
    widest = west + 360.0 - east
    for start, end in ordered[1:]:
        if start - reach > widest:
            widest, west, east = start - reach, start, reach
        reach = max(reach, end)
    return [west, south, east, north]


def _parts(geometry: dict[str, Any]) -> Iterator[Float64]:
    """Points (n, 2) of each part: a cut polygon has one on either side."""
    coordinates = geometry["coordinates"]
    if geometry["type"] == "Point":
        yield np.array([coordinates])
    elif geometry["type"] == "Polygon":
        yield np.array(coordinates[0])
    else:
        yield from (np.array(rings[0]) for rings in coordinates)
