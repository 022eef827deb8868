"""A map's own photos as queries: what its answers would have been without them."""

import numpy as np

from placeprint.arrays import Bool, Float64
from placeprint.placemap.calibration.calibration import TOLERANCE
from placeprint.placemap.evidence import retrieve, weigh
from placeprint.placemap.references import References
from placeprint.progress import meter

HELD_OUT = {"descriptor": 400, "verified": 150}
"""The most photos held out; more would hardly improve the calibration."""

NEIGHBORHOOD = 4.0 * TOLERANCE
"""Meters around a photo that are removed so that the map no longer contains its place; less in a map so
small that less than half of it would remain, but always enough to make every answer wrong."""


def hold_out(
    references: References, kind: str, seed: int = 0, quiet: bool = False
) -> tuple[Float64, Float64, Bool]:
    """Locate a sample of the map's photos without their own spot, then without their neighborhood.

    kind: "descriptor", or "verified" with local features. Returns the cues (m, c), the errors (m,) in meters
    and, for each, whether the place was still in the map: a photo that no other within `TOLERANCE` is left
    of is one from elsewhere.
    """
    rng = np.random.default_rng(seed)
    sample = rng.permutation(len(references))[: HELD_OUT[kind]]
    cues, errors, in_map = [], [], []
    with meter(f"calibrating ({kind})", len(sample), quiet=quiet) as advance:
        for row in sample.tolist():
            distance = np.hypot(*(references.meters - references.meters[row]).T)
            query = references.represent(row)
            own = (references.spots == references.spots[row]) | references.duplicates(row)
            away = np.clip(np.median(distance), TOLERANCE, NEIGHBORHOOD)
            for allowed in (~own, distance > away):
                if not allowed.any():
                    continue
                candidates = retrieve(references, query, allowed)
                if kind == "verified":
                    candidates = references.pipeline.rerank(query, candidates, references)
                found = weigh(references, query, candidates)
                cues.append(found.cues)
                errors.append(float(np.hypot(*(found.meters - references.meters[row]))))
                in_map.append(float(distance[allowed].min()) <= TOLERANCE)
            advance()
    return np.array(cues), np.array(errors), np.array(in_map, bool)
