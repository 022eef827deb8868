"""Exact neighbors of points in the plane or in space, by a grid of cells as wide as the radius."""

from itertools import product

import numpy as np

from placeprint.arrays import Float64, Int64

PAIRS = 1 << 22
"""How many pairs of points are compared at a time."""

FINEST = 1 << 20
"""Largest number of cells along one axis: three such numbers fit in 64 bits."""


class Cells:
    """Points (n, d), d <= 3, sorted by grid cell; a cell is `radius` wide.

    Whatever lies within the radius of a query is in one of the 3^d cells around it. Cells in the same row
    along the last axis are consecutive, so 3^(d - 1) binary searches find them.
    """

    def __init__(self, points: Float64, radius: float) -> None:
        if not radius >= 0 or points.ndim != 2 or not np.isfinite(points).all():
            raise ValueError(f"radius {radius} must not be negative, points {points.shape} must be finite")
        self.radius = radius
        self._low = points.min(axis=0) if len(points) else np.zeros(points.shape[1])
        extent = float((points - self._low).max(initial=0.0))
        self._width = max(radius * (1 + 1e-9), extent / FINEST, 1e-300)
        cells = self._cells(points)
        self._size = cells.max(axis=0, initial=0) + 3  # an empty cell on either side
        keys = self._keys(cells)
        self._order = np.argsort(keys, kind="stable")
        self._sorted = keys[self._order]
        self._points = points[self._order]

    def within(self, asked: Float64) -> tuple[Int64, Int64, Float64]:
        """Pairs (query, point) with |x - q| <= radius and their squared distances, by query and then by
        point.

        `asked` (m, d). Each of the three results is (pairs,).
        """
        parts, done = [], 0
        begins, ends = self._runs(asked)
        sizes = np.cumsum((ends - begins).sum(axis=1))
        while done < len(asked):
            before = int(sizes[done - 1]) if done else 0
            stop = max(done + 1, int(np.searchsorted(sizes, before + PAIRS, side="right")))
            parts.append(self._compare(asked, begins, ends, done, stop))
            done = stop
        if not parts:
            return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
        queries, points, squared = (np.concatenate(part) for part in zip(*parts, strict=True))
        return queries, points, squared

    def _compare(
        self, asked: Float64, begins: Int64, ends: Int64, start: int, stop: int
    ) -> tuple[Int64, Int64, Float64]:
        counts = (ends - begins)[start:stop].ravel()
        firsts = np.cumsum(counts) - counts
        places = np.arange(int(counts.sum())) + np.repeat(begins[start:stop].ravel() - firsts, counts)
        queries = start + np.repeat(np.arange(len(counts)) // begins.shape[1], counts)
        squared = np.square(self._points[places] - asked[queries]).sum(axis=1)
        near = squared <= self.radius * self.radius
        queries, points, squared = queries[near], self._order[places[near]], squared[near]
        order = np.lexsort((points, queries))
        return queries[order], points[order], squared[order]

    def _runs(self, asked: Float64) -> tuple[Int64, Int64]:
        """(m, 3^(d - 1)) first and one-past-last places of the three cells of each row."""
        dim = asked.shape[1]
        cells = self._cells(np.clip(asked, self._low - self._width, self._high))
        begins, ends = [], []
        for offset in product((-1, 0, 1), repeat=dim - 1):
            row = cells.copy()
            row[:, :-1] += np.array(offset, np.int64)
            inside = ((row[:, :-1] >= -1) & (row[:, :-1] < self._size[:-1] - 1)).all(axis=1)
            key = self._keys(row)
            begins.append(np.where(inside, np.searchsorted(self._sorted, key - 1), 0))
            ends.append(np.where(inside, np.searchsorted(self._sorted, key + 1, side="right"), 0))
        return np.stack(begins, axis=1), np.stack(ends, axis=1)

    @property
    def _high(self) -> Float64:
        high: Float64 = self._low + self._width * (self._size - 2)
        return high

    def _cells(self, points: Float64) -> Int64:
        return np.floor((points - self._low) / self._width).astype(np.int64)

    def _keys(self, cells: Int64) -> Int64:
        """One number per cell; the next cell along the last axis has the next number."""
        keys = np.zeros(len(cells), np.int64)
        for axis, size in enumerate(self._size.tolist()):
            keys = keys * size + cells[:, axis] + 1
        return keys


def nearest_other(points: Float64, first: float = 1.0) -> Float64:
    """(n,) distance of each point (n, d) to the nearest other one; infinite for a single point.

    Tries radii from `first` upwards, doubling each time, for the points that have no neighbor yet.
    """
    distances = np.full(len(points), np.inf)
    left, radius = np.arange(len(points) if len(points) > 1 else 0), first
    while len(left):
        queries, found, squared = Cells(points, radius).within(points[left])
        other = found != left[queries]
        nearest = np.full(len(left), np.inf)
        np.minimum.at(nearest, queries[other], squared[other])
        distances[left] = np.sqrt(nearest)
        left, radius = left[np.isinf(nearest)], 2 * radius
    return distances
