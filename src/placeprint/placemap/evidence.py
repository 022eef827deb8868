"""What speaks for a place: similar references, what is held against them, and where they agree."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from placeprint.arrays import Bool, Float64, squared_distances
from placeprint.placemap.position import Estimate, Rivals, estimate
from placeprint.placemap.references import DUPLICATE, References
from placeprint.rerank import Candidates

CANDIDATES = 50
"""Nearest references that may vote for a position."""

OUTSIDE = 8
"""Nearest references outside the searched area whose geometry is compared too."""


def retrieve(references: References, query: Mapping[str, Any], allowed: Bool | None) -> Candidates:
    """The nearest of the allowed references."""
    (candidates,) = references.pipeline.retriever.retrieve([query], CANDIDATES, allowed)
    return candidates


def weigh(
    references: References,
    query: Mapping[str, Any],
    candidates: Candidates,
    outside: Candidates | None = None,
) -> Estimate:
    """Where the candidates agree, by descriptor distance and, if anything was verified, by geometry.

    Held against them are the background set (`References.background`) and the candidates `outside` the
    searched area: a photo that looks as much like a stranger, or like another place, proves nothing.
    """
    scores = _scores(candidates) if is_verified(candidates) else None
    squared = np.asarray(candidates.evidence["squared_distance"], np.float64)
    rows = references.rows(candidates.ids)
    positions = references.meters[rows]
    once = _first_of_duplicates(references, candidates, positions)
    found = estimate(
        positions[once],
        squared[once],
        references.bandwidth,
        None if scores is None else scores[once],
        _rivals(references, query, outside),
    )
    here = np.hypot(*(positions - found.meters).T) <= 2.0 * references.bandwidth
    return replace(found, here=here)


def is_verified(candidates: Candidates) -> bool:
    """Whether local features of any candidate were compared."""
    return "verification" in candidates.evidence


def _scores(candidates: Candidates) -> Float64:
    if not is_verified(candidates):
        return np.full(len(candidates), np.nan)
    return np.array([np.nan if v is None else v.score for v in candidates.evidence["verification"]])


def _rivals(references: References, query: Mapping[str, Any], outside: Candidates | None) -> Rivals:
    squared, scores = np.zeros(0), np.zeros(0)
    if references.background is not None:
        strangers = squared_distances(query["vector"][None], references.background)[0].astype(np.float64)
        squared = np.sort(strangers)[:CANDIDATES]
        scores = np.full(len(squared), np.nan)
    if outside is not None:
        squared = np.append(squared, np.asarray(outside.evidence["squared_distance"], np.float64))
        scores = np.append(scores, _scores(outside))
    return Rivals(squared, scores)


def _first_of_duplicates(references: References, candidates: Candidates, positions: Float64) -> Bool:
    """True for a candidate unless an earlier one at the same place shows the same picture: one vote each."""
    vectors = references.vectors[references.rows(candidates.ids)]
    alike = squared_distances(vectors, vectors) < DUPLICATE
    near = np.hypot(*(positions[:, None] - positions[None]).transpose(2, 0, 1)) <= references.bandwidth
    return np.asarray(~np.tril(alike & near, -1).any(axis=1))
