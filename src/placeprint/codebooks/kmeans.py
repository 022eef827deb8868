"""Flat k-means: a codebook whose centers are the means of their cells."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float32, Int64
from placeprint.codebooks.codebook import Codebook
from placeprint.codebooks.nearest_center import nearest_center
from placeprint.errors import PlaceprintError

SEEDING_SAMPLE = 256
SUMMED = 1 << 22
"""How many numbers are summed at a time."""


def kmeans(
    vectors: NDArray[Any],
    size: int,
    iterations: int = 25,
    seed: int = 0,
    provenance: Mapping[str, Any] | None = None,
) -> Codebook:
    """Learn `size` centers that minimize Σᵢ minₖ ‖xᵢ − cₖ‖² by Lloyd's iterations.

    `vectors` (n, d), all of which are used. Initialized by greedy k-means++ (Arthur & Vassilvitskii, SODA
    2007) on at most 256 vectors per center. A cell that becomes empty moves to a vector far from its own
    center. Stops early once no vector changes its cell. The same `seed` on the same machine gives the same
    centers. Raises `PlaceprintError` for fewer vectors than centers, or vectors that are not finite.
    """
    data = np.ascontiguousarray(vectors, np.float32)
    if data.ndim != 2 or len(data) < size or size < 1:
        raise PlaceprintError(
            f"a codebook of {size} centers needs at least as many vectors, not {data.shape}",
            "Give more photos, photos with more texture, or a smaller codebook.",
        )
    if not np.isfinite(data).all():
        raise PlaceprintError("vectors for k-means contain NaN or infinity", "Leave those vectors out.")
    rng = np.random.default_rng(seed)
    sample = data[np.sort(rng.permutation(len(data))[: SEEDING_SAMPLE * size])]
    centers, cells = _seeds(sample, size, rng), np.zeros(0, np.int64)
    for _ in range(iterations):
        before, cells = cells, nearest_center(data, centers)
        if np.array_equal(before, cells):
            break
        centers = _means(data, cells, centers)
    return Codebook(
        centers, dict(provenance or {}) | {"vectors": len(data), "iterations": iterations, "seed": seed}
    )


def _means(data: Float32, cells: Int64, centers: Float32) -> Float32:
    """The mean of each cell; for an empty one, a vector among those farthest from their centers."""
    order = np.argsort(cells, kind="stable")
    counts = np.bincount(cells, minlength=len(centers))
    sums = np.zeros(centers.shape, np.float64)
    step = max(1, SUMMED // data.shape[1])
    for start in range(0, len(data), step):
        some = order[start : start + step]
        begins = np.flatnonzero(np.diff(cells[some], prepend=-1))
        sums[cells[some][begins]] += np.add.reduceat(data[some], begins, axis=0, dtype=np.float64)
    means = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], centers).astype(np.float32)
    empty = np.flatnonzero(counts == 0)
    if len(empty):
        gaps = np.square(data - means[cells]).sum(axis=1)
        means[empty] = data[np.argsort(-gaps, kind="stable")[: len(empty)]]
    return means


def _seeds(data: Float32, size: int, rng: np.random.Generator) -> Float32:
    """Greedy k-means++: of 2 + ln K candidates drawn by squared distance, keep the one that helps most."""
    trials = 2 + int(np.log(size))
    norms = np.einsum("ij,ij->i", data, data)
    chosen = [int(rng.integers(len(data)))]
    nearest = _squared(data, norms, chosen)[:, 0]
    while len(chosen) < size:
        weights = np.cumsum(nearest, dtype=np.float64)
        drawn = rng.random(trials) * weights[-1]
        candidates = np.minimum(np.searchsorted(weights, drawn, side="right"), len(data) - 1).tolist()
        updated = np.minimum(nearest[:, None], _squared(data, norms, candidates))
        best = int(updated.sum(axis=0).argmin())
        chosen.append(candidates[best])
        nearest = updated[:, best]
    return np.ascontiguousarray(data[chosen])


def _squared(data: Float32, norms: Float32, rows: list[int]) -> Float32:
    gaps: Float32 = norms[:, None] + norms[rows] - 2.0 * (data @ data[rows].T)
    return np.maximum(gaps, 0.0, out=gaps)
