"""Where a heat map is hottest, as boxes."""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

HOTTEST = 0.1
"""Share of the pixels that make the regions."""


@dataclass(frozen=True)
class Region:
    """A box, its sides as shares of the photo's width and height from the top left corner.

    `share`: the heat of the region's pixels, of all positive heat of the photo.
    """

    left: float
    top: float
    right: float
    bottom: float
    share: float

    def to_dict(self) -> dict[str, float]:
        return {name: round(value, 4) for name, value in asdict(self).items()}


def top_regions(heat: NDArray[np.floating], count: int = 3, hottest: float = HOTTEST) -> tuple[Region, ...]:
    """The `count` regions of most heat, `heat` being (h, w): connected parts of the `hottest` tenth of it.

    Only positive heat counts; neighbors touch by side or corner. None where nothing is positive.
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
