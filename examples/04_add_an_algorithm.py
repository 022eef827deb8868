"""Add an algorithm

A re-ranker looks again at the first candidates of a search and puts them into a better order. This tutorial
adds one in twenty lines and finds out whether it is any good: the colors of two photos compared by the
intersection of their histograms,

    s(a, b) = Σ_i min(a_i, b_i),    a, b ≥ 0,  Σ a = Σ b = 1,

after Swain & Ballard, "Color Indexing", IJCV 1991, equation 1. It is 1 for the same colors and 0 where no
color is in both.

A re-ranker is any object with a `name`, a `depth` (how many candidates it looks at), a `recipe` (its
settings, which stand beside its numbers) and a method `rerank`. Nothing has to be registered: `Method` puts
it behind a descriptor, and `evaluate` compares it with the descriptor alone, query by query.

```
lite0-netvlad           R@1  85.7%
lite0-netvlad + colors  R@1  50.0%
difference: -35.7% [-58.3%, -9.1%], p = 0.25
```

Dusk, rain and snow change the colors of a street and not its shape. The queries stand at few places, so that
p is not small, but nothing speaks for the colors: a negative result, found in a minute. What earns its place
moves into the package; how, and which tests a part of its kind must pass, says
[Contributing](../CONTRIBUTING.md).
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from placeprint.datasets import read_dataset
from placeprint.datasets.town import write_town
from placeprint.descriptors import open_descriptor
from placeprint.descriptors.extraction import View
from placeprint.evaluation import Method, evaluate, protocol_for


class Colors:
    """Candidates in the order of their histogram intersection with the query, best first."""

    def __init__(self, depth: int = 10, bins: int = 8) -> None:
        self.name, self.depth, self.bins = "colors", depth, bins
        self.recipe = {"name": self.name, "depth": depth, "bins": bins}

    def rerank(
        self, query: View, candidates: Sequence[View], distances: NDArray[np.float32]
    ) -> tuple[NDArray[np.int64], float]:
        """A permutation of the candidates, and a confidence in the new first one."""
        asked = self.histogram(query)
        alike = np.array([np.minimum(asked, self.histogram(each)).sum() for each in candidates])
        order = np.argsort(-alike, kind="stable")
        return order, float(alike[order[0]])

    def histogram(self, photo: View) -> NDArray[np.float64]:
        """(bins³,) shares of the photo's pixels."""
        pixels = photo.load().reshape(-1, 3)
        counts, _ = np.histogramdd(pixels, self.bins, [(0, 256)] * 3)
        return counts.ravel() / len(pixels)


folder = Path(sys.argv[1] if len(sys.argv) > 1 else "colors")
write_town(folder / "town", references=48, queries=14, elsewhere=0)
data = read_dataset(folder / "town", "town")

descriptor = open_descriptor("lite0-netvlad")
methods = [Method("lite0-netvlad", descriptor), Method("lite0-netvlad + colors", descriptor, Colors())]
found = evaluate(data, methods, protocol_for(data), cache=folder / "cache", quiet=True)
for result in found.results:
    print(f"{result.method:22}  R@1 {result.scores['R@1'].value:6.1%}")
against = found.results[1].against_first["R@1"]
interval = f"[{against.low:+.1%}, {against.high:+.1%}]"
print(f"difference: {against.difference:+.1%} {interval}, p = {against.p_value:.2f}")
