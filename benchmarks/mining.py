"""Mining one epoch of training tuples: time and memory, beside the time that training takes.

    python benchmarks/mining.py [--queries 7416] [--database 10000] [--mode partial] [--tuple-seconds S]

By default the size of Pitts30k-train (`--database 100000` for a large city): queries along streets, each
with about ten potential positives, and random unit vectors of 4096-D in memory-mapped feature caches;
batches of 4 queries, 10 negatives each; partial mining out of 1000 random and 10 remembered ones. A second
epoch is measured, in which there is something to remember. `--tuple-seconds` is what training on one tuple
takes on your device (as measured there); the ratio is printed with it. Filling the caches with vectors is
not part of mining and not timed. "Memory" is what the process's resident size rises by at its peak, first
all of it, then without pages of mapped files, which the system takes back when it needs them (Linux).
"""

import argparse
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from placeprint.datasets import PhotoSet, PlaceDataset
from placeprint.photos import PhotoRecord
from placeprint.training.mining.descriptor_cache import DescriptorCache
from placeprint.training.mining.labels.position_labels import weak_labels
from placeprint.training.mining.negatives import NegativeMiner
from placeprint.training.mining.tuple_sampler import TupleSampler
from provenance import machine

SEED, BATCH = 0, 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--queries", type=int, default=7_416)
    parser.add_argument("--database", type=int, default=10_000)
    parser.add_argument("--dim", type=int, default=4096)
    parser.add_argument("--mode", choices=["partial", "full", "random"], default="partial")
    parser.add_argument("--dtype", choices=["float32", "float16"], default="float32")
    parser.add_argument("--steps", type=int, help="stop after so many batches and scale up")
    parser.add_argument("--tuple-seconds", type=float, help="training time of one tuple")
    options = parser.parse_args()
    dataset = street(options.database, options.queries)
    start = time.perf_counter()
    labels = weak_labels(dataset)
    labeled = time.perf_counter() - start
    with tempfile.TemporaryDirectory() as folder:
        database = filled(Path(folder) / "database", options.database, options.dim, options.dtype, 1)
        queries = filled(Path(folder) / "queries", options.queries, options.dim, options.dtype, 2)
        sampler = TupleSampler(NegativeMiner(labels, options.mode), queries.read, database.read, BATCH)
        steps = min(options.steps or sampler.steps, sampler.steps)
        with Peak() as peak:
            for epoch in range(2):
                start, tuples = time.perf_counter(), 0
                for _, batch in zip(range(steps), sampler.epoch(epoch), strict=False):
                    tuples += len(batch)
                seconds = time.perf_counter() - start
    each, usable = seconds / tuples, len(labels.with_positives)
    print(
        f"{options.queries:,} queries ({usable:,} with positives) x {options.database:,} database", end=", "
    )
    print(f"{options.dim}-D {options.dtype}, mode {options.mode}, batches of {BATCH}, seed {SEED}", end="; ")
    print(f"{steps} of {sampler.steps} steps measured")
    print(f"weak labels {labeled:.2f} s; mining {1000 * each:.2f} ms a tuple, {each * usable:.1f} s an epoch")
    if options.tuple_seconds:
        print(
            f"{100 * each / options.tuple_seconds:.1f} % of {1000 * options.tuple_seconds:.1f} ms of training"
        )
    print(f"memory {peak.whole / 2**20:.0f} MiB, {peak.own / 2**20:.0f} MiB without mapped files")
    print(sampler.statistics)
    print(machine())


def street(database: int, queries: int) -> PlaceDataset:
    """Photos at random along a street on which about ten lie within 10 m of any point."""
    rng = np.random.default_rng(SEED)
    sides = []
    for count in (database, queries):
        meters = np.stack([2.0 * database * rng.random(count), np.zeros(count)], axis=1)
        sides.append(PhotoSet([PhotoRecord(Path(f"{i}.jpg"), None) for i in range(count)], meters=meters))
    return PlaceDataset("street", sides[0], sides[1])


def filled(folder: Path, rows: int, dim: int, dtype: str, seed: int) -> DescriptorCache:
    cache = DescriptorCache(folder, rows, dim, dtype)  # type: ignore[arg-type]

    def describe(some: np.ndarray) -> np.ndarray:
        vectors = np.random.default_rng([seed, int(some[0])]).standard_normal((len(some), dim), np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    cache.fill("random", describe, "Writing random vectors")
    return cache


class Peak:
    """Watches the resident size of this process, whole and without file pages, from a thread."""

    def __enter__(self) -> "Peak":
        self._before = self._now()
        self.whole = self.own = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.01):
            whole, own = self._now()
            self.whole = max(self.whole, whole - self._before[0])
            self.own = max(self.own, own - self._before[1])

    def _now(self) -> tuple[int, int]:
        lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
        whole, own = (int(lines[name].split()[0]) * 1024 for name in ("VmRSS", "RssAnon"))
        return whole, own


if __name__ == "__main__":
    main()
