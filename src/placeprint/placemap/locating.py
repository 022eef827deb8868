"""One photo's vector and local features to an answer: search, verify where needed, estimate."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from placeprint.arrays import Bool, Float32, Float64, Int64
from placeprint.features import LocalFeatures
from placeprint.geo import GeoPoint
from placeprint.placemap.calibration.calibration import Calibration
from placeprint.placemap.place import Answer, Correspondences, Match, NoMatch, Place, Reason
from placeprint.placemap.position import Estimate, estimate
from placeprint.placemap.references import References
from placeprint.rerank import Verification, rerank_by_geometry

CANDIDATES = 50
"""Nearest references that may vote for a position."""

VERIFIED = 20
"""Nearest references whose local features are compared."""

SURE = 0.9
"""`verify="auto"` compares local features only where the descriptors' confidence is below this."""

PROVEN = 20
"""Inliers from which the best match counts as verified: 0.6 % of unrelated pairs have so many."""

LEAST_CONFIDENCE = 0.5
"""An answer more likely wrong than right is "no match"."""


@dataclass(frozen=True)
class Candidates:
    """The nearest references of a query, best first, with what is known of them.

    `rows` (k,) of the references, `squared` (k,) descriptor distances, `verifications` of the first
    ones (None where not compared; empty where nothing was).
    """

    rows: Int64
    squared: Float64
    verifications: tuple[Verification | None, ...] = ()

    @property
    def scores(self) -> Float64 | None:
        """(k,) of geometric verification, NaN where not compared; None where nothing was."""
        if not self.verifications:
            return None
        return np.array([np.nan if v is None else v.score for v in self.verifications])


def search(references: References, vector: Float32, allowed: Bool | None) -> Candidates:
    """The `CANDIDATES` nearest of the allowed references."""
    found, squared = references.index.search(vector[None], CANDIDATES, allowed)
    kept = found[0] >= 0
    return Candidates(references.rows(found[0][kept]), squared[0][kept].astype(np.float64))


def verified(references: References, candidates: Candidates, features: LocalFeatures) -> Candidates:
    """The same candidates in the order of the geometric evidence."""
    nearest = candidates.rows[:VERIFIED].tolist()
    stored = [partial(references.features, row) for row in nearest]
    distances = np.sqrt(np.maximum(candidates.squared[:VERIFIED], 0.0))
    order, evidence = rerank_by_geometry(features, stored, distances)
    rest = np.arange(len(order), len(candidates.rows))
    order = np.concatenate([order, rest]).astype(np.int64)
    by_candidate = [*evidence, *([None] * len(rest))]
    return Candidates(
        candidates.rows[order], candidates.squared[order], tuple(by_candidate[i] for i in order)
    )


def weigh(references: References, candidates: Candidates) -> Estimate:
    """Where the candidates agree."""
    return estimate(
        references.meters[candidates.rows], candidates.squared, references.bandwidth, candidates.scores
    )


def locate(
    references: References,
    calibrated: Callable[[str], Calibration],
    vector: Float32,
    features: Callable[[], LocalFeatures] | None,
    verify: bool | str,
    allowed: Bool | None,
    matches: int,
    query: str | None,
) -> Answer:
    """`Place` or `NoMatch`. `features` gives the query's local features when they are needed; None
    where the map has none to compare them with."""
    candidates = search(references, vector, allowed) if len(references) else None
    if candidates is None or not len(candidates.rows):
        return NoMatch(Reason.EMPTY_MAP, query=query)
    found, calibration = weigh(references, candidates), calibrated("descriptor")
    wanted = verify is True or (verify == "auto" and calibration.confidence(found.cues) < SURE)
    query_features = features() if wanted and features is not None else None
    if query_features is not None:
        candidates = verified(references, candidates, query_features)
        found, calibration = weigh(references, candidates), calibrated("verified")
    confidence = calibration.confidence(found.cues)
    listed = tuple(
        _match(references, candidates, at, query_features) for at in _order(found, candidates)[:matches]
    )
    if confidence < LEAST_CONFIDENCE:
        return NoMatch(_reason(found, query_features), confidence, listed, query)
    inner, outer = calibration.radii(found.cues)
    point = references.frame.to_point(found.meters)
    proven = any((match.inliers or 0) >= PROVEN for match in listed[:1])
    return Place(point, inner, outer, confidence, listed, proven, query)


def _order(found: Estimate, candidates: Candidates) -> Int64:
    """Best evidence first, led by the best candidate at the estimated place."""
    order = np.arange(len(candidates.rows))
    first = int(np.argmax(found.here))
    return np.concatenate([[first], order[order != first]])


def _reason(found: Estimate, features: LocalFeatures | None) -> Reason:
    if features is not None and len(features) < 10:
        return Reason.BLANK_PHOTO
    if features is not None:
        return Reason.NOT_VERIFIED
    return Reason.SCATTERED if found.cues[1] < 0.5 else Reason.NOT_SIMILAR


def _match(references: References, candidates: Candidates, at: int, query: LocalFeatures | None) -> Match:
    row = int(candidates.rows[at])
    snapshot = references.snapshot
    verification = candidates.verifications[at] if candidates.verifications else None
    entry = snapshot.entries[row]
    return Match(
        id=entry.id,
        path=entry.path,
        point=GeoPoint(entry.lat, entry.lon),
        distance=float(np.sqrt(max(candidates.squared[at], 0.0))),
        heading=entry.heading,
        inliers=None if verification is None else verification.inliers,
        verification=verification,
        correspondences=_correspondences(references, row, verification, query),
    )


def _correspondences(
    references: References, row: int, verification: Verification | None, query: LocalFeatures | None
) -> Correspondences | None:
    if verification is None or query is None or not len(verification.matches):
        return None
    reference = references.features(row)
    pairs = verification.matches
    return Correspondences(
        query.xy[pairs[:, 0]],
        reference.xy[pairs[:, 1]],
        verification.inlier_mask,
        query.size,
        reference.size,
    )
