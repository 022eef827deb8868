"""All reference photos in a small window, with the part shown by the large map."""

from dataclasses import dataclass

import numpy as np

from placeprint.arrays import Float64
from placeprint.geo import GeoPoint, LocalFrame
from placeprint.plots.maps.map_view import MapView
from placeprint.plots.svg import dots_path, finite, number, thin

INSET = (150, 110)
FRAME_FROM = 5000  # positions enough to find the middle of a map


@dataclass(frozen=True)
class Overview:
    """All reference photos in a small window, computed once and drawn in the corner of each map."""

    view: MapView
    dots: str

    @classmethod
    def of(cls, references: Float64) -> "Overview | None":
        """From (n, 2) latitudes and longitudes; None if there are none."""
        if not len(references):
            return None
        lat, lon = np.asarray(references, np.float64)[:: max(1, len(references) // FRAME_FROM)].T
        frame = LocalFrame.around([GeoPoint(float(a), float(b)) for a, b in zip(lat, lon, strict=True)])
        meters = finite(frame.to_meters(np.asarray(references, np.float64)))
        view = MapView.covering(frame, meters, *INSET)
        return cls(view, dots_path(thin(view.pixels(meters), 2.0)))


def inset(view: MapView, overview: Overview, spots: Float64) -> str:
    """The whole map in the emptier right-hand corner, with the outline of the part shown by the large map."""
    half = np.array([view.width, view.height]) * view.meters_per_pixel / 2.0
    small = overview.view
    corners = [view.frame.to_point(np.array(view.center) + half * sign) for sign in ((-1, 1), (1, -1))]
    (x0, y0), (x1, y1) = small.pixels(small.frame.to_meters(corners))
    if x0 <= 0 and y0 <= 0 and x1 >= small.width and y1 >= small.height:
        return ""
    width, height = max(x1 - x0, 5.0), max(y1 - y0, 5.0)
    left = view.width - small.width - 8
    low = view.height - small.height - 8
    crowd = spots[spots[:, 0] > left - 16, 1] if len(spots) else np.zeros(0)
    top = 8 if np.sum(crowd < small.height + 24) <= np.sum(crowd > low - 16) else low
    window = (
        f'<rect class="window" x="{number((x0 + x1 - width) / 2)}" y="{number((y0 + y1 - height) / 2)}" '
        f'width="{number(width)}" height="{number(height)}"/>'
    )
    return (
        f'<svg class="overview" x="{left}" y="{top}" width="{small.width}" height="{small.height}">'
        f'<rect class="ground" width="{small.width}" height="{small.height}" rx="4"/>'
        f'<path class="dots few" d="{overview.dots}"/>{window}</svg>'
    )
