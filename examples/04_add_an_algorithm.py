"""Add an algorithm

A re-ranker looks again at the first candidates of a search and puts them into a better order. This tutorial
adds one in twenty lines and finds out whether it is any good: the colors of two photos compared by the
intersection of their histograms,

    s(a, b) = Σ_i min(a_i, b_i),    a, b ≥ 0,  Σ a = Σ b = 1,

after Swain & Ballard, "Color Indexing", IJCV 1991, equation 1. It is 1 for the same colors and 0 where no
color is in both.

It takes two classes, each registered by one line. A *column* is what is kept of a photo under a name, and
says what makes it: here 512 shares of colors. A *re-ranker* says which columns it `needs` and returns the
candidates in a better order. From then on `+colors` stands in any pipeline: in `placeprint evaluate`, in
`placeprint build`, whose map then keeps the column of each photo, and in Python. A package of your own
offers them as entry points, `placeprint.columns` and `placeprint.rerankers`.

```
lite0-netvlad              R@1  85.7%
lite0-netvlad + colors:10  R@1  50.0%
difference: -35.7% [-58.3%, -9.1%], p = 0.25
```

Dusk, rain and snow change the colors of a street and not its shape. The queries stand at few places, so that
p is not small, but nothing speaks for the colors: a negative result, found in a minute. What earns its place
moves into the package; how, and which tests a part of its kind must pass, says
[Contributing](../CONTRIBUTING.md).
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from placeprint.arrays import Float32, Pixels
from placeprint.datasets import read_dataset
from placeprint.datasets.town import write_town
from placeprint.evaluation import evaluate, protocol_for
from placeprint.representations import EXTRACTORS, Column, Dense
from placeprint.rerank import RERANKERS, Candidates, References

BINS = 8


@EXTRACTORS.register("colors")
class ColorHistogram:
    """The column "colors": (BINS³,) shares of a photo's pixels."""

    columns = (Column("colors", Dense(BINS**3)),)

    def extract(self, image: Pixels) -> Mapping[str, Float32]:
        """Of a working image (h, w, 3)."""
        counts, _ = np.histogramdd(image.reshape(-1, 3), BINS, [(0, 256)] * 3)
        return {"colors": np.asarray(counts.ravel() / counts.sum(), np.float32)}

    def to_dict(self) -> dict[str, Any]:
        """It has no settings."""
        return {}

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any]) -> Self:
        """It has no settings."""
        return cls()


@RERANKERS.register("colors")
@dataclass(frozen=True)
class Colors:
    """`colors[:DEPTH]`: candidates in the order of their histogram intersection with the query."""

    depth: int = 10

    @property
    def spec(self) -> str:
        """The text that makes it."""
        return f"colors:{self.depth}"

    @property
    def needs(self) -> frozenset[str]:
        """The columns that it reads."""
        return frozenset({"colors"})

    def rerank(self, query: Mapping[str, Any], candidates: Candidates, references: References) -> Candidates:
        """The first `depth` in a better order, with the intersection as evidence."""
        head = candidates[: self.depth]
        stored = [references.value("colors", candidate.id) for candidate in head]
        alike = np.array([np.minimum(query["colors"], each).sum() for each in stored])
        return candidates.reordered(np.argsort(-alike, kind="stable"), alike, intersection=alike)


folder = Path(sys.argv[1] if len(sys.argv) > 1 else "colors")
write_town(folder / "town", references=48, queries=14, elsewhere=0)
data = read_dataset(folder / "town", "town")

methods = ["lite0-netvlad", "lite0-netvlad+colors"]
found = evaluate(data, methods, protocol_for(data), cache=folder / "cache", quiet=True)
for result in found.results:
    print(f"{result.method:25}  R@1 {result.scores['R@1'].value:6.1%}")
against = found.results[1].against_first["R@1"]
interval = f"[{against.low:+.1%}, {against.high:+.1%}]"
print(f"difference: {against.difference:+.1%} {interval}, p = {against.p_value:.2f}")
