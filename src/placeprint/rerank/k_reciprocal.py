"""k-reciprocal re-ranking: photos are similar if their neighborhoods are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from placeprint.arrays import Float32, Int64, chunks, squared_distances
from placeprint.rerank.candidates import Candidates
from placeprint.rerank.k_reciprocal_encoding import (
    BLOCK,
    KReciprocalEncoding,
    k_reciprocal_encoding,
    ranges,
)
from placeprint.rerank.k_reciprocal_presets import PRESETS, KReciprocal
from placeprint.rerank.reranker import RERANKERS, References


def k_reciprocal_rerank(
    queries: Float32, database: Float32, settings: KReciprocal = PRESETS["paper"]
) -> Float32:
    """d* (q, m) = (1 − λ) Jaccard + λ d: queries (q, d) against a database (m, d), both unit vectors.

    Zhong et al., "Re-ranking Person Re-identification with k-reciprocal Encoding", CVPR 2017, equation 12.
    `settings`: by default the paper's; `PRESETS` has those of the code bases whose numbers are published,
    which differ from it. d is `settings.relative` of the squared distances. Sort each row for the new order.

    The neighborhoods are those of queries and database together, so an answer depends on the other queries.
    If it must not, pass one query at a time. See `k_reciprocal_encoding` for the cost.
    """
    photos = np.concatenate([queries, database]).astype(np.float32, copy=False)
    encoding = k_reciprocal_encoding(photos, settings)
    result = np.empty((len(queries), len(database)), np.float32)
    for rows in chunks(len(queries), max(1, BLOCK // max(len(photos), 1))):
        jaccard = jaccard_distances(encoding, rows)[:, len(queries) :]
        squared = squared_distances(photos[rows], photos[len(queries) :])
        distances = settings.relative(squared, encoding.farthest[rows, None])
        weight = settings.distance_weight
        result[rows] = (1 - weight) * jaccard + weight * distances
    return result


def jaccard_distances(encoding: KReciprocalEncoding, rows: Int64 | slice) -> Float32:
    """1 − Σ_g min(V_pg, V_hg) / Σ_g max(V_pg, V_hg): (r, n), for photos p in `rows` and all photos h.

    Equation 10. 0 for the photo itself, 1 if no photo is in both neighborhoods. Time: for each row, its
    members times the rows that contain them; memory: the result plus a copy of the encoding.
    """
    n = len(encoding)
    holders = np.repeat(np.arange(n), np.diff(encoding.starts))
    by_member = np.argsort(encoding.ids, kind="stable")
    holders, held = holders[by_member], encoding.weights[by_member]
    starts = np.concatenate([[0], np.cumsum(np.bincount(encoding.ids, minlength=n))])
    wanted = np.arange(n)[rows]
    result = np.empty((len(wanted), n), np.float32)
    for row, p in enumerate(wanted):
        mine = slice(encoding.starts[p], encoding.starts[p + 1])
        members = encoding.ids[mine]
        at, lengths = ranges(starts, members)
        smaller = np.minimum(np.repeat(encoding.weights[mine], lengths), held[at])
        shared = np.bincount(holders[at], smaller, minlength=n)
        # Rows have sum 1, so that Σ max = 2 − Σ min.
        result[row] = np.clip(1 - shared / (2 - shared), 0, 1)
    return result


@RERANKERS.register("k-reciprocal")
@dataclass(frozen=True)
class KReciprocalReranker:
    """`k-reciprocal[:DEPTH][,preset=NAME]`: the first `depth` candidates by `k_reciprocal_rerank`.

    Of one query and its candidates alone, so that an answer does not depend on other queries, as the
    papers' code has it. `preset`: a name of `PRESETS`. The score is −d*, and the evidence "k_reciprocal" d*.
    Reads the column "vector".
    """

    depth: int = 100
    preset: str = "paper"

    def __post_init__(self) -> None:
        if self.preset not in PRESETS:
            raise ValueError(f"preset {self.preset!r} is none of {', '.join(PRESETS)}")

    @property
    def spec(self) -> str:
        """See `Reranker.spec`."""
        return f"k-reciprocal:{self.depth}" + ("" if self.preset == "paper" else f",preset={self.preset}")

    @property
    def needs(self) -> frozenset[str]:
        """See `Reranker.needs`."""
        return frozenset({"vector"})

    def rerank(self, query: Mapping[str, Any], candidates: Candidates, references: References) -> Candidates:
        """See `Reranker.rerank`."""
        head = candidates[: self.depth]
        if not len(head):
            return candidates
        stored = np.stack([references.value("vector", int(i)) for i in head.ids])
        distances = k_reciprocal_rerank(query["vector"][None], stored, PRESETS[self.preset])[0]
        wide = distances.astype(np.float64)
        return candidates.reordered(np.argsort(wide, kind="stable"), -wide, k_reciprocal=wide)
