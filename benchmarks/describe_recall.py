"""Recall@N of a global descriptor alone on the Cambridge photos, exact search.

    python benchmarks/describe_recall.py CAMBRIDGE [--descriptor lite0-netvlad] [--split val]

A database view is a positive of a query if it lies within 25 m, whatever its heading.
"""

import argparse
import csv
from pathlib import Path

import numpy as np

from placeprint.descriptors import open_descriptor
from placeprint.geo import GeoPoint

RADIUS = 25.0
DEPTHS = (1, 5, 10, 20)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--descriptor", default="lite0-netvlad")
    parser.add_argument("--split", default="val")
    options = parser.parse_args()
    descriptor = open_descriptor(options.descriptor)
    with (options.folder / "photos.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == options.split]
    sides = {}
    for role in ("database", "query"):
        chosen = [row for row in rows if row["role"] == role]
        points = [GeoPoint(float(row["lat"]), float(row["lon"])) for row in chosen]
        sides[role] = descriptor.describe([options.folder / row["path"] for row in chosen]), points
    (database, places), (queries, positions) = sides["database"], sides["query"]
    order = np.argsort(-queries @ database.T, axis=1, kind="stable")[:, : max(DEPTHS)]
    near = np.array([[point.distance(place) <= RADIUS for place in places] for point in positions])
    hits = np.take_along_axis(near, order, axis=1)[near.any(axis=1)]
    print(f"{options.descriptor} {descriptor.fingerprint}, {descriptor.dim}-D, {options.split}: ", end="")
    print(", ".join(f"R@{n} {100 * hits[:, :n].any(axis=1).mean():.1f}" for n in DEPTHS))
    print(f"{len(database)} database views, {len(hits)} queries with a positive, {RADIUS:g} m")


if __name__ == "__main__":
    main()
