"""An evaluation of 10,000 queries against 100,000 references at 512-D: memory, and time against faiss.

    python benchmarks/evaluation_scale.py [--queries 10000] [--references 100000]

Random unit vectors in a memory-mapped file, each query near one reference; protocol `own-photos`, ranked to
N = 20 and scored with intervals. The bare search is faiss.IndexFlatL2 on the same arrays. The two are run
in turn, and the ratio is of the smallest times. Memory is the whole process's peak.
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

import faiss
import numpy as np

from placeprint.datasets import PhotoSet, PlaceDataset, load_protocol
from placeprint.evaluation.judging import judge
from placeprint.evaluation.places import errors, places_of
from placeprint.evaluation.ranking import rank
from placeprint.evaluation.scores import depth_needed, score
from placeprint.index import ExactIndex
from placeprint.photos import PhotoRecord
from placeprint.retrieval import DenseRetriever
from provenance import machine

DIM = 512


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--queries", type=int, default=10_000)
    parser.add_argument("--references", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        dataset, stored, asked = made(options.references, options.queries, Path(folder))
        protocol = load_protocol("own-photos")
        depth = depth_needed(protocol, dataset)
        flat = faiss.IndexFlatL2(DIM)
        bare, whole = [], []
        for _ in range(options.rounds):
            start = time.perf_counter()
            index = ExactIndex(DIM)
            index.add(np.arange(len(stored)), stored)
            queries = [{"vector": vector} for vector in asked]
            ranking = rank(dataset, protocol, DenseRetriever(index), queries, depth, quiet=True)
            searched = time.perf_counter() - start
            judged = judge(dataset, protocol, ranking)
            scores = score(judged, places_of(dataset.queries))
            errors(dataset, ranking)
            whole.append((time.perf_counter() - start, searched))
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
            flat.reset()
            flat.add(np.asarray(stored))
            start = time.perf_counter()
            flat.search(asked, depth)
            bare.append(time.perf_counter() - start)
    print(f"{options.queries:,} queries x {options.references:,} references, {DIM}-D, {depth} answers each")
    print(f"bare faiss search {min(bare):.1f} s; rank {min(s for _, s in whole):.1f} s", end="; ")
    print(f"rank, judge and score {min(w for w, _ in whole):.1f} s")
    print(f"ratio of search {min(s for _, s in whole) / min(bare):.2f}", end=", ")
    print(f"of the whole evaluation {min(w for w, _ in whole) / min(bare):.2f}; peak memory {peak:.2f} GiB")
    print(f"R@1 {100 * scores['R@1'].value:.1f} (a check: each query lies near its reference)")
    print(machine())


def made(references: int, queries: int, folder: Path) -> tuple[PlaceDataset, np.ndarray, np.ndarray]:
    """Photos on a grid of 100 m, and their vectors."""
    rng = np.random.default_rng(0)
    path = folder / "vectors.npy"
    stored = np.lib.format.open_memmap(path, "w+", np.dtype(np.float32), (references, DIM))
    for start in range(0, references, 8192):
        rows = rng.standard_normal((min(8192, references - start), DIM), dtype=np.float32)
        stored[start : start + len(rows)] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    near = rng.integers(0, references, queries)
    asked = stored[near] + 0.02 * rng.standard_normal((queries, DIM), dtype=np.float32)
    asked /= np.linalg.norm(asked, axis=1, keepdims=True)
    meters = 100.0 * np.stack(np.divmod(np.arange(references), 1000), axis=1)
    database = PhotoSet([PhotoRecord(folder / f"{i}.jpg", None) for i in range(references)], meters=meters)
    records = [PhotoRecord(folder / f"q{i}.jpg", None) for i in range(queries)]
    side = PhotoSet(records, meters=meters[near] + 5.0)
    return PlaceDataset("random", database, side), np.load(path, mmap_mode="r"), np.ascontiguousarray(asked)


if __name__ == "__main__":
    main()
