"""Potential positives that show the same thing, verified by local features."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from placeprint.arrays import Int64, Pixels
from placeprint.errors import PhotoError
from placeprint.features import LocalFeatures, RootSift
from placeprint.rerank import verify

FEATURES = 400
TRIES = 4
KEPT = 16384
"""How many images' features are held at a time: 1.1 GB."""


class VerifiedPositives:
    """Two photos taken a few meters apart need not show the same thing: a wall, a bus or a corner may be in
    the way.

    GPS proposes, geometry decides: a potential positive counts if at least `inliers` upright RootSIFT matches
    agree with one epipolar geometry (`rerank.verify`). Positives mined like this are true and as hard as
    possible, where the nearest by descriptor are true and easy (Radenović, Tolias & Chum, ECCV 2016, take
    theirs from reconstructions). `load(row)` returns an image without augmentation.
    """

    def __init__(self, load: Callable[[int], Pixels], inliers: int = 12) -> None:
        if inliers < 8:
            raise ValueError(f"{inliers} inliers prove nothing: seven matches always fit")
        detector = RootSift(FEATURES, upright=True)
        self.inliers = inliers
        self._features: Callable[[int], LocalFeatures] = lru_cache(KEPT)(
            lambda row: detector.detect(load(row))
        )
        self._found: dict[tuple[int, int], bool] = {}

    def __call__(self, row: int, positives: Int64, rng: np.random.Generator) -> int | None:
        """The first of `TRIES` random ones that shows what `row` shows; None if there is none."""
        drawn = rng.permutation(positives)[:TRIES].tolist()
        return next((other for other in drawn if self.same(row, other)), None)

    def same(self, row: int, other: int) -> bool:
        """Whether the two show the same thing, computed once per pair; an unreadable photo shows nothing."""
        pair = (min(row, other), max(row, other))
        if pair not in self._found:
            try:
                one, two = (self._features(each) for each in pair)
            except PhotoError:
                self._found[pair] = False
            else:
                self._found[pair] = verify(one, two).inliers >= self.inliers
        return self._found[pair]
