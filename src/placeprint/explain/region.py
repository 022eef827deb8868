"""Where a heat map is hottest, as boxes."""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

HOTTEST = 0.1
"""Share of the photo's pixels that form the regions."""


@dataclass(frozen=True)
class Region:
    """A box with coordinates relative to the photo's width and height, from the top left corner.

    `share`: heat of the region's pixels as a share of all positive heat in the photo.
    """

    left: float
    top: float
    right: float
    bottom: float
    share: float

    def to_dict(self) -> dict[str, float]:
        """JSON-ready values, rounded to four decimals."""
        return {name: round(value, 4) for name, value in asdict(self).items()}


def top_regions(heat: NDArray[np.floating], count: int = 3, hottest: float = HOTTEST) -> tuple[Region, ...]:
    """The `count` regions with the most heat, for `heat` (h, w): connected parts of its `hottest` tenth.

    Only positive heat counts; pixels are connected by side or corner. Empty if no heat is positive.
    """
    import cv2

    positive = np.maximum(np.asarray(heat, np.float64), 0.0)
    total = float(positive.sum())
    if not total > 0:
        return ()
    edge = float(np.quantile(positive, 1 - hottest))
    chosen = positive > edge if edge < positive.max() else positive == edge
    _, labels, boxes, _ = cv2.connectedComponentsWithStats(chosen.astype(np.uint8), connectivity=8)
    sums = np.bincount(labels.ravel(), positive.ravel())
    height, width = positive.shape
    regions = [
        Region(x / width, y / height, (x + wide) / width, (y + high) / height, mass / total)
        for (x, y, wide, high, _), mass in list(zip(boxes.tolist(), sums.tolist(), strict=True))[1:]
    ]
    return tuple(sorted(regions, key=lambda region: -region.share)[:count])
