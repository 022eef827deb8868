"""Geometric verification as a re-ranker of an evaluation."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from threading import Lock
from typing import Any

from placeprint.arrays import Float32, Int64
from placeprint.descriptors.extraction import View
from placeprint.features import LocalFeatures
from placeprint.placemap.stored_features import StoredFeatures
from placeprint.rerank import RerankSettings, rerank_by_geometry

KEPT = 2000
"""Photos whose local features are kept at hand: about 300 MB."""


@dataclass
class Geometry:
    """The first `depth` candidates in the order of distance and inliers together (see `rerank`)."""

    depth: int = 30
    features: StoredFeatures = field(default_factory=StoredFeatures)
    settings: RerankSettings = field(default_factory=RerankSettings)
    _kept: OrderedDict[View, LocalFeatures] = field(default_factory=OrderedDict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def name(self) -> str:
        return f"geometry:{self.depth}"

    @property
    def recipe(self) -> dict[str, Any]:
        return {
            "name": "geometry",
            "depth": self.depth,
            "features": self.features.to_dict(),
            "settings": asdict(self.settings),
        }

    def rerank(self, query: View, candidates: Sequence[View], distances: Float32) -> tuple[Int64, float]:
        """See `Reranker.rerank`; the confidence is the best candidate's inlier score less its distance.

        Features are made when a candidate's turn comes. Every view here has been described before, so it
        can be read.
        """
        loaders = [partial(self._of, view) for view in candidates]
        order, verifications = rerank_by_geometry(self._of(query), loaders, distances, self.settings)
        best = verifications[order[0]]
        return order, (best.score if best is not None else 0.0) - float(distances[order[0]])

    def _of(self, view: View) -> LocalFeatures:
        with self._lock:
            if view in self._kept:
                self._kept.move_to_end(view)
                return self._kept[view]
        found = self.features.of(view.load())
        with self._lock:
            self._kept[view] = found
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found
