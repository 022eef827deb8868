"""From one photo's representation to an answer: retrieve, compare, weigh, decide."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from placeprint.arrays import Bool, Int64
from placeprint.features import LocalFeatures, mirrored, turned
from placeprint.geo import GeoPoint
from placeprint.placemap.calibration.calibration import Calibration
from placeprint.placemap.evidence import OUTSIDE, is_verified, retrieve, weigh
from placeprint.placemap.place import Correspondences, Match, NoMatch, Orientation, Place, Reason
from placeprint.placemap.position import Estimate
from placeprint.placemap.references import References
from placeprint.representations import Representation
from placeprint.rerank import Candidates, Verification
from placeprint.verify import Verify

PROVEN = 20
"""Inliers from which the best match counts as verified: 0.6 % of unrelated pairs have this many."""

DECISIVE = 30
"""Inliers that a turned or mirrored photo needs: no unrelated pair had so many (see `rerank.Geometry`)."""

LEAST_CONFIDENCE = 0.5
"""An answer more likely wrong than right is "no match"."""

FEWEST = 10
"""A photo with fewer local features is blank."""

TURNS = (Orientation.TURN_90, Orientation.TURN_180, Orientation.TURN_270)
"""The order of the vectors in a query's column "turned"."""


@dataclass(frozen=True)
class Attempt:
    """One look at a photo: the candidates, where they agree, and how sure that is.

    `features`: those of the photo as it is, whatever its `orientation`; None if nothing was compared.
    """

    candidates: Candidates
    outside: Candidates | None
    found: Estimate
    calibration: Calibration
    features: LocalFeatures | None
    orientation: Orientation = Orientation.AS_IT_IS

    @property
    def confidence(self) -> float:
        """Of the answer that it gives."""
        return self.calibration.confidence(self.found.cues)

    @property
    def order(self) -> Int64:
        """Best evidence first, starting with the best candidate at the estimated place."""
        order = np.arange(len(self.candidates))
        first = int(np.argmax(self.found.here))
        return np.concatenate([[first], order[order != first]])

    @property
    def inliers(self) -> int:
        """Of the first match, 0 if nothing was compared."""
        if self.features is None:
            return 0
        verification = self.candidates.evidence["verification"][int(self.order[0])]
        return 0 if verification is None else int(verification.inliers)


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

    `allowed`: a mask over the references; the others are held against the answer. `name` of the query, for
    the answer. A photo that is not proven as it is, is also compared as a mirror image and, if nothing was
    found, turned by 90, 180 and 270 degrees.
    """
    if not len(references) or (allowed is not None and not allowed.any()):
        return NoMatch(Reason.NOTHING_NEAR if len(references) else Reason.EMPTY_MAP, query=name)
    compare = verify is not Verify.NEVER and bool(references.pipeline.rerankers)
    best = look(references, query, allowed, compare)
    if compare and best.inliers < PROVEN:
        others = _other_orientations(references, query, allowed, best)
        best = next((other for other in others if _is_proven(other)), best)
    return _answer(references, best, matches, name)


def look(references: References, query: Mapping[str, Any], allowed: Bool | None, compare: bool) -> Attempt:
    """Retrieve, compare local features if wanted, and weigh."""
    candidates = retrieve(references, query, allowed)
    outside = None
    if allowed is not None and not allowed.all():
        outside = retrieve(references, query, ~allowed)
    return _weighed(references, query, candidates, outside, compare)


def _weighed(
    references: References,
    query: Mapping[str, Any],
    candidates: Candidates,
    outside: Candidates | None,
    compare: bool,
    orientation: Orientation = Orientation.AS_IT_IS,
) -> Attempt:
    if compare:
        candidates = references.pipeline.rerank(query, candidates, references)
        outside = outside and references.pipeline.rerank(query, outside[:OUTSIDE], references)
    verified = is_verified(candidates)
    found = weigh(references, query, candidates, outside)
    calibration = references.calibration(verified)
    return Attempt(candidates, outside, found, calibration, query["local"] if verified else None, orientation)


def _other_orientations(
    references: References, query: Mapping[str, Any], allowed: Bool | None, best: Attempt
) -> Iterator[Attempt]:
    """The photo as a mirror image among the same candidates; then, if it has no place, turned.

    Vectors hardly tell a photo from its mirror image, local features do. A turned photo needs other vectors:
    the turn whose vector finds the surest place is compared.
    """
    local = best.features
    if local is None or len(local) < FEWEST:
        return
    seen = _with(query, local=mirrored(local))
    attempt = _weighed(references, seen, best.candidates, best.outside, True, Orientation.MIRRORED)
    yield replace(attempt, features=local)
    if best.confidence >= LEAST_CONFIDENCE or "turned" not in query:
        return
    looks = []
    for quarters, vector in enumerate(query["turned"], 1):
        seen = _with(query, vector=vector, local=turned(local, quarters))
        looks.append((look(references, seen, allowed, False), seen, quarters))
    first, seen, quarters = max(looks, key=lambda each: each[0].confidence)
    attempt = _weighed(references, seen, first.candidates, first.outside, True, TURNS[quarters - 1])
    yield replace(attempt, features=local)


def _with(query: Mapping[str, Any], **columns: Any) -> Representation:
    return Representation(columns, {name: partial(query.__getitem__, name) for name in query})


def _is_proven(attempt: Attempt) -> bool:
    return attempt.inliers >= DECISIVE and attempt.confidence >= LEAST_CONFIDENCE


def _answer(references: References, best: Attempt, matches: int, name: str | None) -> Place | NoMatch:
    listed = tuple(_match(references, best, at) for at in best.order[:matches].tolist())
    if best.confidence < LEAST_CONFIDENCE:
        return NoMatch(_reason(best), best.confidence, listed, name)
    inner, outer = best.calibration.radii(best.found.cues)
    point = references.frame.to_point(best.found.meters)
    proven = best.inliers >= PROVEN
    return Place(point, inner, outer, best.confidence, listed, proven, name, best.orientation)


def _reason(best: Attempt) -> Reason:
    if best.features is not None and len(best.features) < FEWEST:
        return Reason.BLANK_PHOTO
    if best.outside is not None and _nearest(best.outside) < _nearest(best.candidates):
        return Reason.ELSEWHERE
    if best.features is not None:
        return Reason.NOT_VERIFIED
    similar = _nearest(best.candidates) < best.found.rival
    return Reason.SCATTERED if similar and best.found.cues[1] < 0.5 else Reason.NOT_SIMILAR


def _nearest(candidates: Candidates) -> float:
    return float(np.min(np.asarray(candidates.evidence["squared_distance"], np.float64), initial=np.inf))


def _match(references: References, best: Attempt, at: int) -> Match:
    candidate = best.candidates[at]
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
        correspondences=_correspondences(references, entry.id, verification, best.features),
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
