"""Photos all around (360°): what a file says of its sphere, and perspective views cut from it.

The picture is equirectangular: columns are equal steps of heading, rows equal steps of elevation.
`cube_views` cuts the same kind of views from the four side faces of a cube.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from placeprint.arrays import Float64, Pixels

LEAST_COVERED = 0.5
"""Share of a view that the picture must cover, or the view is left out."""


@dataclass(frozen=True, slots=True)
class Sphere:
    """Where an equirectangular picture lies on the sphere around the camera (Google's GPano schema).

    full: (width, height) in pixels of the whole sphere, 360° x 180°.
    cropped: (left, top, width, height) in the same pixels: what the picture shows of it.
    heading: of the middle of the whole sphere, degrees clockwise from north; None if unknown.
    pitch: degrees by which that middle lies above the horizon. roll: degrees by which the horizon is turned
    counterclockwise in the picture.
    """

    full: tuple[int, int]
    cropped: tuple[int, int, int, int]
    heading: float | None = None
    pitch: float = 0.0
    roll: float = 0.0

    def __post_init__(self) -> None:
        (width, height), (left, top, wide, high) = self.full, self.cropped
        inside = left >= 0 and top >= 0 and left + wide <= width and top + high <= height
        if min(width, height, wide, high) < 1 or not inside:
            raise ValueError(f"the part {self.cropped} does not lie in a sphere of {width} x {height} pixels")
        angles = (self.pitch, self.roll, 0.0 if self.heading is None else self.heading)
        if not all(map(math.isfinite, angles)):
            raise ValueError(f"a sphere cannot be turned by {angles}")

    @property
    def whole(self) -> bool:
        """Whether the picture goes all the way around."""
        return self.cropped[2] == self.full[0]


def sphere_views(
    image: Pixels,
    sphere: Sphere,
    headings: Sequence[float] | None = None,
    field_of_view: float = 90.0,
    pitch: float = 0.0,
    longest: int = 1024,
) -> list[tuple[float, Pixels]]:
    """Square views of pinhole cameras that stand upright, as (heading, RGB picture).

    image: the decoded picture, at any scale: load it with `longest` about four times that of a view.
    headings: where the views look, degrees clockwise from north, or from the middle of the picture where the
    sphere's heading is unknown; by default four, the first at the sphere's own heading (or 0), 90° apart.
    field_of_view: horizontal and vertical, in degrees. pitch: of the views, upwards.
    longest: the most pixels on a side; a view never has finer pixels than the picture.

    A pixel whose ray leaves a cropped picture is black; a view of which less than half is covered is left
    out. Samples are bicubic, across the seam too, and means of finer ones where the picture is finer. Raises
    ValueError for a field of view outside 0..170, a pitch outside -90..90, or an empty picture.
    """
    from placeprint.photos.cube_views import BLUNT

    if not (0.0 < field_of_view <= 170.0 and abs(pitch) <= 90.0 and longest >= 1):
        raise ValueError(f"no view has a field of view of {field_of_view}°, pitch {pitch}°, size {longest}")
    if image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise ValueError(f"an array of shape {image.shape} is not an RGB picture")
    if headings is None:
        headings = [((sphere.heading or 0.0) + 90.0 * k) % 360.0 for k in range(4)]
    half = math.tan(math.radians(field_of_view) / 2.0)
    a_radian = image.shape[1] / sphere.cropped[2] * sphere.full[0] / (2.0 * math.pi)
    size = max(1, min(longest, round(a_radian * 2.0 * half)))
    samples = max(1, math.ceil(a_radian * 2.0 * half / size / BLUNT))
    views = ((heading, _view(image, sphere, heading, pitch, half, size, samples)) for heading in headings)
    return [(heading % 360.0, view) for heading, view in views if view is not None]


def ray_pixels(rays: Float64, sphere: Sphere) -> Float64:
    """(..., 2) pixels of the whole sphere, (0, 0) its upper left corner, where rays (..., 3) meet it.

    Rays are (east, north, up), or (right, forward, up) of the middle where the heading is unknown, and need
    not have unit length. The world is turned by -heading about the vertical, then by -pitch, then by roll.
    """
    heading, pitch, roll = (math.radians(a) for a in (sphere.heading or 0.0, sphere.pitch, sphere.roll))
    east, north, up = rays[..., 0], rays[..., 1], rays[..., 2]
    right = math.cos(heading) * east - math.sin(heading) * north
    level = math.sin(heading) * east + math.cos(heading) * north
    forward = math.cos(pitch) * level + math.sin(pitch) * up
    above = math.cos(pitch) * up - math.sin(pitch) * level
    across = math.cos(roll) * right - math.sin(roll) * above
    above = math.sin(roll) * right + math.cos(roll) * above
    turn = np.arctan2(across, forward) / (2.0 * math.pi) + 0.5
    rise = np.arctan2(above, np.hypot(across, forward)) / math.pi
    width, height = sphere.full
    return np.stack([turn * width, (0.5 - rise) * height], axis=-1)


def _view(
    image: Pixels, sphere: Sphere, heading: float, pitch: float, half: float, size: int, samples: int
) -> Pixels | None:
    import cv2

    fine = size * samples
    u = half * ((2.0 * np.arange(fine) + 1.0) / fine - 1.0)
    angle, lean = math.radians(heading), math.radians(pitch)
    right, upward = np.meshgrid(u, -u)
    ahead = math.cos(lean) - math.sin(lean) * upward
    up = math.sin(lean) + math.cos(lean) * upward
    east = math.cos(angle) * right + math.sin(angle) * ahead
    north = math.cos(angle) * ahead - math.sin(angle) * right
    at = ray_pixels(np.stack([east, north, up], axis=-1), sphere)
    left, top, wide, high = sphere.cropped
    x = at[..., 0] - left
    if sphere.whole:
        x %= sphere.full[0]
    y = at[..., 1] - top
    outside = (x < 0.0) | (x > wide) | (y < 0.0) | (y > high)
    if 1.0 - outside.mean() < LEAST_COVERED:
        return None
    rows, columns = image.shape[:2]
    edge = 4 if sphere.whole else 0
    strip = np.concatenate([image[:, -edge:], image, image[:, :edge]], axis=1) if edge else image
    map_x = (x * (columns / wide) - 0.5 + edge).astype(np.float32)
    map_y = (y * (rows / high) - 0.5).astype(np.float32)
    kind = cv2.INTER_CUBIC if samples == 1 else cv2.INTER_LINEAR
    view = cv2.remap(strip, map_x, map_y, kind, borderMode=cv2.BORDER_REPLICATE)
    view[outside] = 0
    if samples > 1:
        view = cv2.resize(view, (size, size), interpolation=cv2.INTER_AREA)
    return np.asarray(view, np.uint8)
