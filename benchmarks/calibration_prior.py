"""Print `placemap/calibration/prior.py`: what cues mean on a map that has not been calibrated.

    python benchmarks/learn_default_head.py DATA/cambridge --output untrained.npz
    python benchmarks/calibration_prior.py DATA untrained.npz

Learned on queries of Cambridge's split train, each located in two parts of the map: one around a panorama
within 25 m, and one more than 100 m away, where it is a stranger. A part has 1 to all panoramas, so that a
map of one photo is part of the experience. The descriptor must not have been trained on these streets, or it
would know them; so this is the shipped one before its training. The background set is a random 518 of the
photos of the other collections. Strangers weigh four times as much as the others: a new map knows nothing of
its visitors, and most photos of the world were not taken in it.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from placeprint.arrays import Bool, Float64
from placeprint.datasets import from_table
from placeprint.descriptors import open_descriptor
from placeprint.photos import PhotoRecord, load
from placeprint.placemap import PlaceMap
from placeprint.placemap.calibration.calibration import TOLERANCE, calibrate
from placeprint.placemap.evidence import retrieve, weigh
from placeprint.placemap.references import References
from placeprint.progress import track
from placeprint.representations import Recipe
from placeprint.retrieval import PipelineSpec
from provenance import machine

PANORAMAS = (1, 1, 2, 3, 5, 10, 20, 50, 100, 259)
QUERIES = {"descriptor": 404, "verified": 200}
BACKGROUND = 518
ELSEWHERE = 0.8
"""Share of queries from outside: most photos of the world were not taken in a map that is new."""

FAR = 100.0
"""Meters beyond which nothing of a place is seen any more."""

KEPT = 20
"""Held-out answers that stand for the whole: what a prior weighs in the radii of a new map."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("descriptor", help="the file that learn_default_head.py wrote")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    descriptor = open_descriptor(options.descriptor)
    data = from_table(options.data / "cambridge" / "photos.csv", "train")
    every = descriptor.describe(others(options.data))
    strangers = every[np.random.default_rng(options.seed).permutation(len(every))[:BACKGROUND]]
    spec = PipelineSpec.of(descriptor, "geometry:20")
    with (
        tempfile.TemporaryDirectory() as folder,
        PlaceMap.build(data.database, Path(folder) / "m", pipeline=spec) as places,
    ):
        print(
            f"# cambridge train, data {data.fingerprint}, {descriptor.fingerprint}, {len(strangers)} others, "
            f"seed {options.seed}; {machine()}"
        )
        # A cached property of a frozen dataclass: the background set of a descriptor that has none.
        places.references.__dict__["background"] = strangers
        for kind in QUERIES:
            answers = located(places.references, places.recipe, data.queries, kind, options.seed)
            learned = calibrate(*answers, elsewhere=ELSEWHERE)
            at = np.linspace(0, len(learned.scores) - 1, KEPT).round().astype(int)
            weights = [round(w, 2) for w in learned.weights]
            scores = [round(learned.scores[i], 2) for i in at]
            errors = [round(learned.errors[i], 1) for i in at]
            print(f"{kind!r}: Calibration({weights}, {scores}, {errors}, 0),")


def others(data: Path) -> list[Path]:
    """Photos of the other collections, thinned out where they are frames of a video."""
    every = {"street-gps": 1, "strecha": 1, "sf-night": 1, "ie-tower": 20, "corridor": 4, "cars": 6}
    return [photo for name, n in every.items() for photo in sorted((data / name).rglob("*.jpg"))[::n]]


def located(
    references: References, recipe: Recipe, queries: Sequence[PhotoRecord], kind: str, seed: int
) -> tuple[Float64, Float64, Bool]:
    """Cues, errors in meters and whether the place was in the part of the map, as `hold_out` returns them."""
    rng = np.random.default_rng(seed)
    cues, errors, in_map = [], [], []
    chosen = [queries[i] for i in rng.permutation(len(queries))[: QUERIES[kind]]]
    for record in track(chosen, kind, len(chosen)):
        assert record.point is not None
        at = references.frame.to_meters(np.array([[record.point.lat, record.point.lon]]))[0]
        distance = np.hypot(*(references.meters - at).T)
        query = recipe.represent(load(record.path))
        for inside in (True, False):
            centers = np.flatnonzero(distance <= TOLERANCE if inside else distance > FAR)
            usable = np.ones(len(distance), bool) if inside else distance > FAR
            if not len(centers):
                continue
            allowed = part(references, int(rng.choice(centers)), usable, int(rng.choice(PANORAMAS)))
            candidates = retrieve(references, query, allowed)
            if kind == "verified":
                candidates = references.pipeline.rerank(query, candidates, references)
            found = weigh(references, query, candidates)
            cues.append(found.cues)
            errors.append(float(np.hypot(*(found.meters - at))))
            in_map.append(inside)
    return np.array(cues), np.array(errors), np.array(in_map, bool)


def part(references: References, center: int, usable: Bool, count: int) -> Bool:
    """The usable photos of the `count` panoramas nearest to photo `center`."""
    distance = np.hypot(*(references.meters - references.meters[center]).T)
    order = np.argsort(np.where(usable, distance, np.inf), kind="stable")
    spots = list(dict.fromkeys(references.spots[order].tolist()))[:count]
    return np.isin(references.spots, spots) & usable


if __name__ == "__main__":
    main()
