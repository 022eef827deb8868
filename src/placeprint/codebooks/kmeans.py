"""Flat k-means: a codebook whose centres are the means of their cells."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.codebooks.codebook import Codebook
from placeprint.errors import PlaceprintError

SEEDING_SAMPLE = 256
Float = NDArray[np.float32]


def kmeans(
    vectors: NDArray[Any],
    size: int,
    iterations: int = 25,
    seed: int = 0,
    provenance: Mapping[str, Any] | None = None,
) -> Codebook:
    """Learn `size` centres that minimise Σᵢ minₖ ‖xᵢ − cₖ‖² by Lloyd's iterations (faiss).

    `vectors` (n, d), all of them used. Seeded by greedy k-means++ (Arthur & Vassilvitskii, SODA 2007)
    on at most 256 vectors a centre; a cell that falls empty takes half of a large one. The same
    `seed` on the same machine gives the same centres. Raises `PlaceprintError` for fewer vectors
    than centres, or vectors that are not finite.
    """
    import faiss

    data = np.ascontiguousarray(vectors, np.float32)
    if data.ndim != 2 or len(data) < size or size < 1:
        raise PlaceprintError(
            f"a codebook of {size} centres needs at least as many vectors, not {data.shape}",
            "Give more photos, photos with more texture, or a smaller codebook.",
        )
    if not np.isfinite(data).all():
        raise PlaceprintError("vectors for k-means hold NaN or infinity", "Leave those vectors out.")
    rng = np.random.default_rng(seed)
    sample = data[np.sort(rng.permutation(len(data))[: SEEDING_SAMPLE * size])]
    solver = faiss.Kmeans(
        data.shape[1],
        size,
        niter=iterations,
        seed=seed,
        min_points_per_centroid=1,
        max_points_per_centroid=len(data),
    )
    solver.train(data, init_centroids=_seeds(sample, size, rng))
    centres = np.asarray(solver.centroids, np.float32).reshape(size, -1)
    return Codebook(
        centres, dict(provenance or {}) | {"vectors": len(data), "iterations": iterations, "seed": seed}
    )


def _seeds(data: Float, size: int, rng: np.random.Generator) -> Float:
    """Greedy k-means++: of 2 + ln K candidates drawn by squared distance keep the most useful."""
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


def _squared(data: Float, norms: Float, rows: list[int]) -> Float:
    gaps: Float = norms[:, None] + norms[rows] - 2.0 * (data @ data[rows].T)
    return np.maximum(gaps, 0.0, out=gaps)
