"""Geometric verification against the plain recipe: recall and milliseconds a query, in one run.

    PLACEPRINT_DATA=... python benchmarks/verification.py [--descriptor rootsift-vlad] [--queries 56]

Protocol: `cambridge`, database and query views of `--split`, a positive within 25 m whatever its
heading; the 30 nearest candidates are re-ranked. Every method sees the same candidates; reference
features are made beforehand and not timed; query features are timed. The methods take turns query by
query, so a busy machine slows all of them alike. Settings were chosen on `train`; `val` is for reporting.

plain      1,500 RootSIFT, oriented; cv2.BFMatcher, ratio test 0.8; cv2.findHomography with
           USAC_MAGSAC; ordered by inliers
verified   `Geometry` on the local features that a place map stores
adaptive   `PlaceMap.locate(verify="auto")` less `locate(verify="never")`: skipped where the map is sure
The second table compares robust estimators on the very same matches: ordered by their inliers alone.
"""

import argparse
import csv
import hashlib
import os
import platform
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import poselib

from placeprint import photos
from placeprint.descriptors import learn_descriptor, open_descriptor
from placeprint.features import RootSift, match
from placeprint.features.local_features import LocalFeatures
from placeprint.geo import GeoPoint, LocalFrame
from placeprint.placemap import PlaceMap
from placeprint.representations import LocalExtractor
from placeprint.rerank import Candidates, Geometry
from placeprint.retrieval import PipelineSpec

CANDIDATES, RADIUS, SEED = 30, 25.0, 0
PLAIN, OURS = RootSift(count=1500), LocalExtractor()


def plain_order(query: LocalFeatures, candidates: list[LocalFeatures]) -> np.ndarray:
    matcher, inliers = cv2.BFMatcher(cv2.NORM_L2), []
    for candidate in candidates:
        nearest = matcher.knnMatch(query.descriptors, candidate.descriptors, k=2)
        pairs = np.array(
            [(m.queryIdx, m.trainIdx) for m, n in nearest if m.distance < 0.8 * n.distance]
        ).reshape(-1, 2)
        inliers.append(int(magsac_homography(query.xy[pairs[:, 0]], candidate.xy[pairs[:, 1]]).sum()))
    return np.argsort(-np.array(inliers), kind="stable")


def magsac_homography(here: np.ndarray, there: np.ndarray, tolerance: float = 5.0) -> np.ndarray:
    if len(here) < 8:
        return np.zeros(len(here), bool)
    cv2.setRNGSeed(SEED)
    matrix, mask = cv2.findHomography(
        here, there, cv2.USAC_MAGSAC, tolerance, maxIters=2000, confidence=0.999
    )
    return np.zeros(len(here), bool) if matrix is None else mask.ravel() > 0


def magsac_fundamental(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    if len(here) < 8:
        return np.zeros(len(here), bool)
    try:
        matrix, mask = cv2.findFundamentalMat(here, there, cv2.USAC_MAGSAC, 5.0, 0.999, 300)
    except cv2.error:  # OpenCV 5.0 asserts where no model was found
        return np.zeros(len(here), bool)
    return np.zeros(len(here), bool) if matrix is None or mask is None else mask.ravel() > 0


def poselib_homography(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    if len(here) < 8:
        return np.zeros(len(here), bool)
    options = {"max_reproj_error": 5.0, "max_iterations": 2000, "success_prob": 0.999}
    return np.array(poselib.estimate_homography(here, there, options, {})[1]["inliers"], bool)


def poselib_fundamental(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    if len(here) < 8:
        return np.zeros(len(here), bool)
    options = {"max_epipolar_error": 5.0, "max_iterations": 300, "min_iterations": 50, "success_prob": 0.999}
    return np.array(poselib.estimate_fundamental(here, there, options, {})[1]["inliers"], bool)


ESTIMATORS = {
    "homography, cv2 USAC_MAGSAC": magsac_homography,
    "homography, poselib": poselib_homography,
    "fundamental, cv2 USAC_MAGSAC": magsac_fundamental,
    "fundamental, poselib": poselib_fundamental,
}


@dataclass
class Stored:
    """Local features of candidates, as a re-ranker asks for them."""

    features: list[LocalFeatures]

    def value(self, column: str, id: int) -> LocalFeatures:
        return self.features[id]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--descriptor", default="lite0-netvlad", choices=["lite0-netvlad", "rootsift-vlad"])
    parser.add_argument("--dim", type=int, default=512, help="of rootsift-vlad, learned on train")
    parser.add_argument("--split", default="val", choices=["train", "val"])
    parser.add_argument("--queries", type=int, help="so many, spread evenly (default: all)")
    arguments = parser.parse_args()
    root = Path(os.environ["PLACEPRINT_DATA"]) / "cambridge"
    listing = (root / "photos.csv").read_bytes()
    table = list(csv.DictReader(listing.decode().splitlines()))
    rows = [r for r in table if r["split"] == arguments.split]
    database = [r for r in rows if r["role"] == "database"]
    queries = [r for r in rows if r["role"] == "query"]
    if arguments.queries:
        chosen = np.linspace(0, len(queries) - 1, min(arguments.queries, len(queries))).round().astype(int)
        queries = [queries[i] for i in chosen]
    points = {r["path"]: GeoPoint(float(r["lat"]), float(r["lon"])) for r in rows}
    frame = LocalFrame.around(points.values())
    where = frame.to_meters([points[r["path"]] for r in database])
    truth = frame.to_meters([points[r["path"]] for r in queries])
    positive = np.linalg.norm(truth[:, None] - where[None], axis=2) <= RADIUS
    if arguments.descriptor == "lite0-netvlad":
        descriptor = open_descriptor("lite0-netvlad")
    else:
        learned = [root / r["path"] for r in table if r["split"] == "train" and r["role"] != "query"]
        descriptor = learn_descriptor("rootsift-vlad", learned, arguments.dim, SEED)
    vectors = descriptor.describe([root / r["path"] for r in database])
    described = descriptor.describe([root / r["path"] for r in queries])
    distances = np.sqrt(np.maximum(2.0 - 2.0 * described @ vectors.T, 0.0))

    @cache
    def ours(i: int) -> LocalFeatures:
        return OURS.of(photos.load(root / database[i]["path"]))

    @cache
    def theirs(i: int) -> LocalFeatures:
        return PLAIN.detect(photos.load(root / database[i]["path"]))

    records = [
        photos.PhotoRecord(root / r["path"], points[r["path"]], None, None, r["panorama"]) for r in database
    ]
    row_of = {str((root / r["path"]).absolute()): i for i, r in enumerate(database)}
    places = PlaceMap.build(
        records, Path(tempfile.mkdtemp()) / "map", pipeline=PipelineSpec.of(descriptor, "geometry:20")
    )

    methods = ("descriptor", "plain", "verified", "adaptive")
    hits: dict[str, list[np.ndarray]] = {name: [] for name in methods}
    seconds = dict.fromkeys(methods, 0.0)
    estimators = {name: [0.0, 0] for name in ESTIMATORS}
    skipped = compared = 0
    for q, record in enumerate(queries):
        near = np.argsort(distances[q], kind="stable")[:CANDIDATES]
        image, gaps = photos.load(root / record["path"]), distances[q, near]
        stored_ours, stored_theirs = [ours(i) for i in near], [theirs(i) for i in near]

        start = time.perf_counter()
        order_plain = plain_order(PLAIN.detect(image), stored_theirs)
        seconds["plain"] += time.perf_counter() - start

        start = time.perf_counter()
        query = OURS.of(image)
        found = Candidates(np.arange(len(near)), -gaps, {"distance": gaps})
        found = Geometry().rerank({"local": query}, found, Stored(stored_ours))
        spent = time.perf_counter() - start
        seconds["verified"] += spent
        compared += sum(v is not None for v in found.evidence["verification"])
        order = found.ids

        start = time.perf_counter()
        places.locate(image, verify="never")
        middle = time.perf_counter()
        answer = places.locate(image, verify="auto", matches=CANDIDATES)
        seconds["adaptive"] += (time.perf_counter() - middle) - (middle - start)
        skipped += all(m.verification is None for m in answer.matches)
        order_auto = [row_of[m.path] for m in answer.matches]

        orders = (near, near[order_plain], near[order], np.array(order_auto))
        for name, ranking in zip(methods, orders, strict=True):
            hits[name].append(positive[q, ranking])
        matched = [
            (query.xy[p[:, 0]].astype(float), c.xy[p[:, 1]].astype(float))
            for c in stored_ours
            for p in [match(query.descriptors, c.descriptors, 0.8)]
        ]
        for name, estimate in ESTIMATORS.items():
            start = time.perf_counter()
            counts = [-int(estimate(here, there).sum()) for here, there in matched]
            estimators[name][0] += time.perf_counter() - start
            estimators[name][1] += int(positive[q, near[np.argsort(counts, kind="stable")[0]]])

    n = len(queries)
    print(
        f"cambridge/{arguments.split}: {len(database)} database views, {n} queries, {RADIUS:g} m, seed {SEED}"
    )
    print(
        f"photos.csv sha256 {hashlib.sha256(listing).hexdigest()[:12]}; {descriptor.name} {descriptor.dim}-D"
    )
    print(
        f"{os.cpu_count()} cores, {platform.processor() or platform.machine()}; "
        f"numpy {np.__version__}, OpenCV {cv2.__version__}, poselib {poselib.__version__}"
    )
    print(
        f"\n{'method':12s} {'R@1':>5s} {'R@5':>5s} {'R@10':>5s} {'R@20':>5s} {'ms/query':>9s} {'faster':>8s}"
    )
    for name in methods:
        first = [100 * np.mean([h[:k].any() for h in hits[name]]) for k in (1, 5, 10, 20)]
        ms = 1000 * seconds[name] / n
        faster = f"{seconds['plain'] / seconds[name]:8.1f}" if seconds[name] else f"{'':8s}"
        print(f"{name:12s} " + " ".join(f"{r:5.1f}" for r in first) + f" {ms:9.1f} {faster}")
    print(
        f"verified compares {compared / n:.1f} of {CANDIDATES} candidates; "
        f"adaptive skips {skipped} of {n} queries"
    )
    print(f"\n{'estimator, ordered by inliers':34s} {'R@1':>5s} {'ms/pair':>8s}")
    for name, (spent, right) in estimators.items():
        print(f"{name:34s} {100 * right / n:5.1f} {1000 * spent / n / CANDIDATES:8.3f}")


if __name__ == "__main__":
    main()
