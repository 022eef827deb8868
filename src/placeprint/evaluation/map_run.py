"""`evaluate_map`: how far off are a map's answers, and is its confidence calibrated?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from placeprint.arrays import Bool, Float64
from placeprint.datasets import PhotoSet, PlaceDataset
from placeprint.descriptors.learnt_from import overlap
from placeprint.errors import PlaceprintError
from placeprint.evaluation.places import places_of
from placeprint.evaluation.scores import Score
from placeprint.metrics import (
    area_to_truth,
    bootstrap_interval,
    brier_score,
    coverage,
    error_percentiles,
    precision_recall,
    recall_over_distance,
    reliability,
)
from placeprint.placemap import Failed, Place, PlaceMap
from placeprint.placemap.place import Answer
from placeprint.provenance import machine
from placeprint.verify import Verify, VerifyLike
from placeprint.version import __version__


@dataclass(frozen=True)
class MapEvaluation:
    """Answers of a map to photos whose position is known.

    `errors` (q,): meters from the estimate to the truth, infinite for "no match" and for a photo that could
    not be read. `scores`: R@N, any of the first N matches within `radius` meters of the truth; "right",
    estimates within it; "answered".
    """

    queries: PhotoSet
    answers: Sequence[Answer]
    errors: Float64
    scores: Mapping[str, Score]
    radius: float
    provenance: Mapping[str, Any]
    unreadable: Sequence[tuple[str, str]]

    @property
    def located(self) -> Bool:
        """(q,) whether a place was returned."""
        return np.array([isinstance(answer, Place) for answer in self.answers], np.bool_)

    def told(self) -> tuple[Float64, Bool, Float64, Float64]:
        """For the located queries: confidence, whether right, and the 50 % and 90 % radii."""
        places = [answer for answer in self.answers if isinstance(answer, Place)]
        numbers = np.array([(p.confidence, p.radius_50, p.radius_90) for p in places]).reshape(-1, 3)
        right = self.errors[self.located] <= self.radius
        return numbers[:, 0], right, numbers[:, 1], numbers[:, 2]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values; an infinite error is null."""
        confidence, right, inner, outer = self.told()
        located = self.errors[self.located]
        honest: dict[str, float | None] = {}
        if len(located):
            honest = {
                "expected_calibration_error": reliability(confidence, right).expected_error,
                "brier": brier_score(confidence, right),
                "in_50_percent_radius": coverage(located, inner),
                "in_90_percent_radius": coverage(located, outer),
            }
        if right.any():
            everyone = np.full(len(self.errors), -np.inf)
            everyone[self.located] = confidence
            curve = precision_recall(everyone, self.errors <= self.radius)
            honest |= {"auc_pr": curve.area, "recall_at_full_precision": curve.recall_at_full_precision}
        return {
            "format": "placeprint/map-evaluation",
            "version": 1,
            **self.provenance,
            "queries": len(self.answers),
            "radius_m": self.radius,
            "scores": {
                name: {"value": s.value, "low": _finite(s.low), "high": _finite(s.high)}
                for name, s in self.scores.items()
            },
            "error_percentiles": {str(p): _finite(m) for p, m in error_percentiles(self.errors).items()},
            "recall_over_distance": {f"{d:g}": r for d, r in recall_over_distance(self.errors).items()},
            "area_to_truth_median_m2": _finite(float(np.median(area_to_truth(self.errors)))),
            "honesty": honest,
            "unreadable": [{"path": path, "reason": reason} for path, reason in self.unreadable],
        }


def evaluate_map(
    places: PlaceMap,
    queries: PhotoSet,
    *,
    verify: VerifyLike = Verify.AUTO,
    radius: float = 25.0,
    ns: Sequence[int] = (1, 5, 10, 20),
    seed: int = 0,
    quiet: bool = False,
) -> MapEvaluation:
    """Locate every query and compare the answer with its position.

    Queries must not be in the map, because they would find themselves. Raises PlaceprintError for a query
    without a position, and if there are no queries.
    """
    if not len(queries):
        raise PlaceprintError("no query photos", "Give a folder or a table of photos with positions")
    truth = [photo.point for photo in queries]
    for photo in queries:
        if photo.point is None:
            raise PlaceprintError(f"{photo.path}: no position", "Each query needs one to compare with")
    own = {str(reference.path) for reference in places.photos()}
    inside = [photo.path for photo in queries if str(photo.path.absolute()) in own]
    if inside:
        raise PlaceprintError(
            f"{len(inside)} queries are in the map itself, such as {inside[0]}", "Leave them out of one"
        )
    paths = [photo.path for photo in queries]
    found = list(places.locate_many(paths, verify=verify, matches=max(ns), quiet=quiet))
    unreadable = [(str(a.query), a.reason) for a in found if isinstance(a, Failed)]
    errors, first = np.full(len(found), np.inf), np.full(len(found), np.inf)
    for q, (answer, point) in enumerate(zip(found, truth, strict=True)):
        if isinstance(answer, Failed) or point is None:
            continue
        if isinstance(answer, Place):
            errors[q] = answer.point.distance(point)
        hits = [rank for rank, match in enumerate(answer.matches) if match.point.distance(point) <= radius]
        first[q] = min(hits, default=np.inf)
    each = {f"R@{n}": first < n for n in ns} | {"right": errors <= radius, "answered": np.isfinite(errors)}
    names = places_of(queries)
    scores = {
        name: Score(float(hit.mean()), *bootstrap_interval(hit, names, seed=seed), hit.astype(np.float64))
        for name, hit in each.items()
    }
    said = {
        "map": str(places.path),
        "map_photos": len(places),
        "descriptor": places.descriptor.name,
        "descriptor_fingerprint": places.descriptor.fingerprint,
        "queries_fingerprint": PlaceDataset("queries", PhotoSet([]), queries).fingerprint,
        "queries_learned_on": overlap(getattr(places.descriptor, "provenance", {}), paths),
        "verify": Verify.of(verify).value,
        "seed": seed,
        "machine": machine(),
        "placeprint": __version__,
        "created": datetime.now(UTC).astimezone().isoformat(timespec="seconds"),
    }
    return MapEvaluation(queries, found, errors, scores, radius, said, unreadable)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
