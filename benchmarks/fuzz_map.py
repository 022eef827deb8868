"""Flip bits in every file of a map: does any answer change in silence?

    python benchmarks/fuzz_map.py town.placemap query1.jpg query2.jpg --flips 2000 --seed 0

Works on a copy. Files take turns; within a file, positions and bits are drawn from the seed (of SQLite's
file only bytes that are not zero, because most of a small one is empty). After each flip a fresh `PlaceMap`
locates every query with features compared. Outcomes:

- `same`: answers equal to the bit, no damage named;
- `named`: answers given, and `PlaceMap.damage` names what is damaged;
- `error`: `FormatError`, or another `PlaceprintError`;
- `SILENT`: another answer and not a word; `TRACEBACK`: any other exception; `SLOW`: over 5 seconds.

The exit status is 1 if one of the last three happened.
"""

import argparse
import logging
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from placeprint import PlaceMap
from placeprint.errors import PlaceprintError
from placeprint.photos import load

BAD = ("SILENT", "TRACEBACK", "SLOW")
SLOW = 5.0


def answers(path: Path, queries: list[Any]) -> tuple[list[str], tuple[str, ...]]:
    """Every answer in full, and the damage named."""
    with PlaceMap.open(path) as places:
        found = [repr(places.locate(query, verify="always").to_dict()) for query in queries]
        places.info()
        return found, places.damage


def outcome(path: Path, queries: list[Any], right: list[str]) -> tuple[str, str]:
    """What happens to somebody who uses this map, and what is said."""
    start = time.monotonic()
    try:
        found, damage = answers(path, queries)
        said = "; ".join(damage)
        kind = "named" if damage else "same" if found == right else "SILENT"
    except PlaceprintError as error:
        kind, said = "error", str(error)
    except Exception as error:
        kind, said = "TRACEBACK", repr(error)
    if time.monotonic() - start > SLOW:
        kind, said = "SLOW", f"{time.monotonic() - start:.1f} s, {said}"
    return kind, said


def flipped(good: bytes, database: bool, rng: np.random.Generator) -> bytes:
    """The same with one bit changed."""
    where = np.flatnonzero(np.frombuffer(good, np.uint8)) if database else None
    at = int(rng.integers(len(good))) if where is None else int(rng.choice(where))
    content = bytearray(good)
    content[at] ^= 1 << int(rng.integers(8))
    return bytes(content)


def spoiled(good: bytes, rng: np.random.Generator) -> bytes:
    """Cut off, emptied, overwritten by noise, or with a part moved."""
    at = int(rng.integers(len(good)))
    size = int(rng.integers(1, 64))
    return [
        good[:at],
        b"",
        rng.bytes(min(len(good), 4096)),
        good[:at] + rng.bytes(size) + good[at + size :],
        good[:at] + good[at + size :],
        good[at:] + good[:at],
    ][int(rng.integers(6))]


def fuzz(
    source: Path, queries: list[Any], flips: int, seed: int, spoil: int = 0
) -> tuple[dict[str, Counter[str]], list[str]]:
    """Outcomes by file, and a line for each bad one."""
    rng = np.random.default_rng(seed)
    counts: dict[str, Counter[str]] = {}
    bad = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / source.name
        shutil.copytree(source, path)
        right, damage = answers(path, queries)
        if damage:
            sys.exit(f"{source} is damaged already: {damage}")
        files = [p for p in sorted(path.rglob("*")) if p.suffix in (".json", ".db", ".npy", ".npz")]
        for turn in range(flips + spoil):
            file = files[turn % len(files)]
            good = file.read_bytes()
            file.write_bytes(
                spoiled(good, rng) if turn >= flips else flipped(good, file.suffix == ".db", rng)
            )
            kind, said = outcome(path, queries, right)
            counts.setdefault(str(file.relative_to(path)), Counter())[kind] += 1
            if kind in BAD:
                bad.append(f"{turn} {file.relative_to(path)} {kind} {said}")
                print(bad[-1], flush=True)
            file.write_bytes(good)
            for log in path.glob("photos.db-*"):
                log.unlink()
    return counts, bad


def main() -> None:
    """Print a table of outcomes by file."""
    parser = argparse.ArgumentParser(
        description=__doc__,
    )
    parser.add_argument("map", type=Path)
    parser.add_argument("queries", type=Path, nargs="+")
    parser.add_argument("--flips", type=int, default=2000)
    parser.add_argument("--spoil", type=int, default=0, help="also so many truncations, noise, moved parts")
    parser.add_argument("--seed", type=int, default=0)
    said = parser.parse_args()
    logging.getLogger("placeprint").setLevel(logging.ERROR)
    start = time.monotonic()
    counts, bad = fuzz(said.map, [load(query) for query in said.queries], said.flips, said.seed, said.spoil)
    kinds = ["same", "named", "error", *BAD]
    print(f"{'file':40}", *(f"{kind:>9}" for kind in kinds))
    for file, count in sorted(counts.items()):
        print(f"{file:40}", *(f"{count[kind]:9}" for kind in kinds))
    total: Counter[str] = sum(counts.values(), Counter())
    print(f"{'all':40}", *(f"{total[kind]:9}" for kind in kinds), f"  {time.monotonic() - start:.0f} s")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
