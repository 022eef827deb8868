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

    Only positive heat counts; neighbours touch by side or corner. None where nothing is positive.
    """
    from scipy import ndimage

    positive = np.maximum(np.asarray(heat, np.float64), 0.0)
    total = float(positive.sum())
    if not total > 0:
        return ()
    edge = float(np.quantile(positive, 1 - hottest))
    chosen = positive > edge if edge < positive.max() else positive == edge
    labels, found = ndimage.label(chosen, np.ones((3, 3)))
    sums = ndimage.sum_labels(positive, labels, np.arange(1, found + 1))
    height, width = positive.shape
    regions = [
        Region(
            columns.start / width, rows.start / height, columns.stop / width, rows.stop / height, mass / total
        )
        for (rows, columns), mass in zip(ndimage.find_objects(labels), np.ravel(sums).tolist(), strict=True)
    ]
    return tuple(sorted(regions, key=lambda region: -region.share)[:count])
