"""The whole way on real photos: build a map, locate the queries, hold the answers against the truth.

    python benchmarks/place_map.py DATA                       # default descriptor
    python benchmarks/place_map.py DATA --descriptor rootsift-vlad
    python benchmarks/place_map.py DATA --lund                # each photo of Lund against the others

DATA is the folder that holds cambridge/ and street-gps/. Protocol `cambridge-streets`: database and
query views of split `val`, a database view within 25 m of a query is right whatever its heading; R@N by
the order of `answer.matches`. Vocabulary and whitening come from split `train` alone. Prints the data's
fingerprint, the descriptor's, the seed and the machine.
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from placeprint.datasets import PlaceDataset, from_table
from placeprint.descriptors import Descriptor, learn_descriptor, open_descriptor
from placeprint.metrics import coverage, recall_at, reliability
from placeprint.photos import PhotoRecord, find
from placeprint.placemap import Place, PlaceMap
from placeprint.plots import reliability_png
from placeprint.progress import track
from placeprint.retrieval import PipelineSpec
from placeprint.verify import Verify
from provenance import machine

DEPTHS = (1, 5, 10, 20)
SEED = 0
console = Console(width=140)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--descriptor", default="lite0-netvlad")
    parser.add_argument("--lund", action="store_true", help="street-gps/lund instead of Cambridge")
    parser.add_argument("--plot", type=Path, help="write the reliability curve of verify=always as PNG")
    options = parser.parse_args()
    console.print(machine())
    with tempfile.TemporaryDirectory() as folder:
        if options.lund:
            lund(options.data, options.descriptor, Path(folder))
        else:
            cambridge(options.data, options.descriptor, Path(folder), options.plot)


def cambridge(data: Path, name: str, folder: Path, plot: Path | None) -> None:
    dataset = from_table(data / "cambridge" / "photos.csv", "val")
    descriptor = descriptor_of(name, data)
    start = time.perf_counter()
    with PlaceMap.build(
        dataset.database, folder / "val.placemap", pipeline=PipelineSpec.of(descriptor, "geometry:20")
    ) as places:
        spent = time.perf_counter() - start
        console.print(
            f"cambridge-streets val, data {dataset.fingerprint}, seed {SEED}; {descriptor.name} "
            f"{descriptor.fingerprint}, {descriptor.dim}-D\n"
            f"built {len(places)} photos: {places.additions.rate:.1f} photos/s with local features and "
            f"thumbnails, {spent:.1f} s with calibration, {places.info()['megabytes']} MB"
        )
        overhead(places, dataset)
        recall_table(places, dataset, plot)
        strangers(places, data)


def descriptor_of(name: str, data: Path) -> Descriptor:
    """Shipped, or learned on the database views of split train."""
    if name != "rootsift-vlad":
        return open_descriptor(name)
    train = from_table(data / "cambridge" / "photos.csv", "train")
    return learn_descriptor(name, [record.path for record in train.database], seed=SEED)


def overhead(places: PlaceMap, dataset: PlaceDataset) -> None:
    """Locating without verification against describing alone, photo by photo in turn."""
    spent: dict[str, list[float]] = {"describe": [], "locate": []}
    for query in dataset.queries:
        start = time.perf_counter()
        places.descriptor.describe([query.path])
        middle = time.perf_counter()
        places.locate(query.path, verify="never")
        spent["describe"].append(middle - start)
        spent["locate"].append(time.perf_counter() - middle)
    one, other = (1000.0 * float(np.median(spent[name])) for name in ("describe", "locate"))
    console.print(
        f"describing a photo {one:.1f} ms, locating it without verification {other:.1f} ms: "
        f"× {other / one:.2f}"
    )


def recall_table(places: PlaceMap, dataset: PlaceDataset, plot: Path | None) -> None:
    columns = ["verify", *(f"R@{n}" for n in DEPTHS), "ms/query", "answered", "right", "confidence"]
    table = Table(*columns, "calibration error", "in 50 %", "in 90 %", "median error m")
    positives = dataset.within(25.0)
    rows = {str(record.path.absolute()): i for i, record in enumerate(dataset.database)}
    curves = []
    for verify in Verify:
        start = time.perf_counter()
        answers = [
            places.locate(query.path, verify=verify, matches=max(DEPTHS))
            for query in track(dataset.queries, f"verify={verify}", len(dataset.queries))
        ]
        spent = 1000.0 * (time.perf_counter() - start) / len(answers)
        ranked = [np.array([rows[m.path] for m in answer.matches], np.int64) for answer in answers]
        recall = recall_at(ranked, positives, DEPTHS)
        pairs = zip(answers, dataset.queries, strict=True)
        told = [(a, q.point) for a, q in pairs if isinstance(a, Place) and q.point is not None]
        errors = np.array([answer.point.distance(point) for answer, point in told])
        confidence = np.array([answer.confidence for answer, _ in told])
        curve = reliability(confidence, errors <= 25.0)
        inner, outer = (
            np.array([r]) for r in ([a.radius_50 for a, _ in told], [a.radius_90 for a, _ in told])
        )
        table.add_row(
            verify.value,
            *(f"{100 * recall[n]:.1f}" for n in DEPTHS),
            f"{spent:.0f}",
            f"{len(told)}/{len(answers)}",
            f"{np.mean(errors <= 25.0):.3f}",
            f"{confidence.mean():.3f}",
            f"{curve.expected_error:.3f}",
            f"{coverage(errors, inner[0]):.2f}",
            f"{coverage(errors, outer[0]):.2f}",
            f"{np.median(errors):.1f}",
        )
        curves.append((verify, curve))
        if plot is not None and verify is Verify.ALWAYS:
            plot.write_bytes(reliability_png(confidence, errors <= 25.0, errors))
    console.print(table)
    for verify, curve in curves:
        shown = zip(curve.confidence, curve.accuracy, curve.count, strict=True)
        line = ", ".join(f"{c:.2f} → {a:.2f} ({n})" for c, a, n in shown)
        console.print(f"verify={verify}: confidence → share right (answers): {line}")


def strangers(places: PlaceMap, data: Path) -> None:
    """Photos that were not taken in Cambridge: an answer is a mistake."""
    groups = {
        "street-gps": sorted((data / "street-gps").rglob("*.jpg")),
        "strecha": sorted((data / "strecha").rglob("*.jpg")),
        "ie-tower": sorted((data / "ie-tower").rglob("*.jpg"))[::30],
        "corridor": sorted((data / "corridor" / "query").rglob("*.jpg")),
    }
    for verify in (Verify.NEVER, Verify.AUTO):
        counts = []
        for name, photos in groups.items():
            answers = [places.locate(p, verify=verify) for p in track(photos, name, len(photos))]
            counts.append(f"{name} {sum(isinstance(a, Place) for a in answers)}/{len(photos)}")
        console.print(f"photos from elsewhere that were given a place, verify={verify}: {', '.join(counts)}")


def lund(data: Path, name: str, folder: Path) -> None:
    """Each photo against the map of the 28 others, before that by its vector alone."""
    records = find(data / "street-gps" / "lund").photos
    descriptor = descriptor_of(name, data)
    by_vector(descriptor, records)
    PlaceMap.build(
        records, folder / "all.placemap", pipeline=PipelineSpec.of(descriptor, "geometry:20")
    ).close()
    errors, inside, told = [], [], 0
    for i, query in enumerate(track(records, "Lund", len(records))):
        own = shutil.copytree(folder / "all.placemap", folder / f"{i}.placemap")
        with PlaceMap.open(own, writable=True) as places:
            places.remove([query.path.absolute()], quiet=True)
            places.calibrate(quiet=True)  # the query must not have taught the map anything
            answer = places.locate(query.path, verify="always")
        if isinstance(answer, Place) and query.point is not None:
            told += 1
            errors.append(answer.point.distance(query.point))
            inside.append((errors[-1] <= answer.radius_50, errors[-1] <= answer.radius_90))
    shares = np.mean(inside, axis=0)
    console.print(
        f"street-gps/lund, {len(records)} photos, each against the others, verify=always: {told} answered, "
        f"median error {np.median(errors):.1f} m, 90 % {np.quantile(errors, 0.9):.1f} m; "
        f"inside 50 % radius {shares[0]:.2f}, 90 % radius {shares[1]:.2f}"
    )


def by_vector(descriptor: Descriptor, records: Sequence[PhotoRecord]) -> None:
    """How far away the other photo with the nearest vector was taken."""
    vectors = descriptor.describe([record.path for record in records])
    similarity = vectors @ vectors.T
    np.fill_diagonal(similarity, -np.inf)
    points = [record.point for record in records if record.point is not None]
    nearest = similarity.argmax(axis=1).tolist()
    meters = np.array([here.distance(points[i]) for here, i in zip(points, nearest, strict=True)])
    shares = ", ".join(f"{(meters <= limit).mean():.0%} within {limit} m" for limit in (10, 15, 25))
    console.print(
        f"{descriptor.name} {descriptor.fingerprint}, nearest other photo by vector: "
        f"median {np.median(meters):.1f} m, {shares}"
    )


if __name__ == "__main__":
    main()
