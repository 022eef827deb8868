"""From one photo's representation to an answer: retrieve, re-rank if needed, estimate."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from placeprint.arrays import Bool, Int64
from placeprint.features import LocalFeatures
from placeprint.geo import GeoPoint
from placeprint.placemap.place import Correspondences, Match, NoMatch, Place, Reason
from placeprint.placemap.position import Estimate, estimate
from placeprint.placemap.references import References
from placeprint.rerank import Candidates, Verification
from placeprint.verify import Verify

CANDIDATES = 50
"""Nearest references that may vote for a position."""

SURE = 0.9
"""`Verify.AUTO` re-ranks only where the descriptors' confidence is below this."""

PROVEN = 20
"""Inliers from which the best match counts as verified: 0.6 % of unrelated pairs have this many."""

LEAST_CONFIDENCE = 0.5
"""An answer more likely wrong than right is "no match"."""


def locate(
    references: References,
    query: Mapping[str, Any],
    *,
    verify: Verify = Verify.AUTO,
    allowed: Bool | None = None,
    matches: int = 10,
    name: str | None = None,
) -> Place | NoMatch:
    """`Place` or `NoMatch` for a query's columns; those needed only for re-ranking are computed only then.

    `allowed`: a mask over the references. `name` of the query, for the answer.
    """
    candidates = retrieve(references, query, allowed)
    if not len(candidates):
        return NoMatch(Reason.EMPTY_MAP, query=name)
    found, calibration = weigh(references, candidates), references.calibration(False)
    doubt = verify is Verify.AUTO and calibration.confidence(found.cues) < SURE
    if references.pipeline.rerankers and (verify is Verify.ALWAYS or doubt):
        candidates = references.pipeline.rerank(query, candidates, references)
        found, calibration = weigh(references, candidates), references.calibration(_verified(candidates))
    confidence = calibration.confidence(found.cues)
    features: LocalFeatures | None = query["local"] if _verified(candidates) else None
    order = _order(found, candidates)[:matches]
    listed = tuple(_match(references, candidates, at, features) for at in order.tolist())
    if confidence < LEAST_CONFIDENCE:
        return NoMatch(_reason(found, features), confidence, listed, name)
    inner, outer = calibration.radii(found.cues)
    point = references.frame.to_point(found.meters)
    proven = any((match.inliers or 0) >= PROVEN for match in listed[:1])
    return Place(point, inner, outer, confidence, listed, proven, name)


def retrieve(references: References, query: Mapping[str, Any], allowed: Bool | None) -> Candidates:
    """The nearest of the allowed references."""
    (candidates,) = references.pipeline.retriever.retrieve([query], CANDIDATES, allowed)
    return candidates


def weigh(references: References, candidates: Candidates) -> Estimate:
    """Where the candidates agree, by descriptor distance and, if anything was verified, by geometry."""
    scores = None
    if _verified(candidates):
        found = candidates.evidence["verification"]
        scores = np.array([np.nan if v is None else v.score for v in found])
    squared = np.asarray(candidates.evidence["squared_distance"], np.float64)
    rows = references.rows(candidates.ids)
    return estimate(references.meters[rows], squared, references.bandwidth, scores)


def _verified(candidates: Candidates) -> bool:
    return "verification" in candidates.evidence


def _order(found: Estimate, candidates: Candidates) -> Int64:
    """Best evidence first, starting with the best candidate at the estimated place."""
    order = np.arange(len(candidates))
    first = int(np.argmax(found.here))
    return np.concatenate([[first], order[order != first]])


def _reason(found: Estimate, features: LocalFeatures | None) -> Reason:
    if features is not None and len(features) < 10:
        return Reason.BLANK_PHOTO
    if features is not None:
        return Reason.NOT_VERIFIED
    return Reason.SCATTERED if found.cues[1] < 0.5 else Reason.NOT_SIMILAR


def _match(references: References, candidates: Candidates, at: int, query: LocalFeatures | None) -> Match:
    candidate = candidates[at]
    entry = references.snapshot.entries[references.row(candidate.id)]
    verification: Verification | None = candidate.evidence.get("verification")
    return Match(
        id=entry.id,
        path=entry.path,
        point=GeoPoint(entry.lat, entry.lon),
        distance=float(candidate.evidence["distance"]),
        heading=entry.heading,
        inliers=None if verification is None else verification.inliers,
        verification=verification,
        correspondences=_correspondences(references, entry.id, verification, query),
    )


def _correspondences(
    references: References, id: int, verification: Verification | None, query: LocalFeatures | None
) -> Correspondences | None:
    if verification is None or query is None or not len(verification.matches):
        return None
    reference: LocalFeatures = references.value("local", id)
    pairs = verification.matches
    return Correspondences(
        query.xy[pairs[:, 0]],
        reference.xy[pairs[:, 1]],
        verification.inlier_mask,
        query.size,
        reference.size,
    )
