"""Perspective views sampled from panoramas: unlimited photos of a few hundred places."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from placeprint.datasets import PhotoSet
from placeprint.datasets.panoramas import Panorama
from placeprint.errors import PlaceprintError
from placeprint.photos import PhotoRecord
from placeprint.photos.cube_views import inside

DRAWN = 4
"""Identifies the stream of random numbers that draws views."""

TRIES = 1000


@dataclass(frozen=True, slots=True)
class PanoramaView:
    """A square view: degrees clockwise from north, upwards, and field of view."""

    panorama: int
    heading: float
    pitch: float
    field_of_view: float


def draw_views(
    panoramas: Sequence[Panorama],
    count: int,
    field_of_view: tuple[float, float],
    pitch: float,
    seed: int,
    epoch: int = 0,
) -> list[PanoramaView]:
    """`count` views of each panorama, one panorama after the other: its four faces, then random ones.

    Headings are uniform, the field of view is uniform between the two given, and the pitch is normal with
    this standard deviation, all in degrees; views that would leave the faces are drawn again. (seed, epoch)
    determine the views. Raises PlaceprintError if hardly any such view fits.
    """
    rng = np.random.default_rng(np.random.SeedSequence([seed, epoch], spawn_key=(DRAWN,)))
    low, high = field_of_view
    views = []
    for number, panorama in enumerate(panoramas):
        views += [PanoramaView(number, panorama.first_heading + 90.0 * k, 0.0, 90.0) for k in range(4)][
            :count
        ]
        for _ in range(4, count):
            views.append(_random_view(number, panorama.first_heading, low, high, pitch, rng))
    return views


def _random_view(
    number: int, first: float, low: float, high: float, pitch: float, rng: np.random.Generator
) -> PanoramaView:
    for _ in range(TRIES):
        heading, up, across = rng.uniform(0, 360), rng.normal(0, pitch), rng.uniform(low, high)
        if inside(heading, up, across, first_heading=first):
            return PanoramaView(number, float(heading), float(up), float(across))
    raise PlaceprintError(
        f"no view of {low:g} to {high:g}° at a pitch of {pitch:g}° fits on the side faces",
        "Lower data.field_of_view (70 always fits if level) or data.pitch",
    )


def photos_of(panoramas: Sequence[Panorama], views: Sequence[PanoramaView]) -> PhotoSet:
    """The views as photos with position, heading and panorama, for weak labels; `path` is that of a face."""
    return PhotoSet(
        [
            PhotoRecord(of.faces[0], of.point, view.heading % 360.0, panorama=of.name)
            for view in views
            for of in [panoramas[view.panorama]]
        ]
    )
