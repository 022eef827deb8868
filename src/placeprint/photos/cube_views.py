"""Perspective views in any direction, cut from the four side faces of a panorama.

The faces are square pictures of 90° at headings h, h + 90, h + 180, h + 270: the side faces of a cube around
the camera. There is no upper or lower face, so a view fits only if none of its pixels would fall there: a
square view of 70° fits at every heading (up to 2 atan(1 / √2) = 70.5°), one of 90° only if it is a face
itself.
"""

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from placeprint.arrays import Float32, Pixels

Map = Float32
Ray = tuple[float, float, float]
"""Right, up and forward, as seen from a face."""

BLUNT = 1.1
"""Face pixels a sample may span before a pixel of the view takes more samples."""

_TOUCHING = 1e-9
_WIDEST = 179.0


def perspective(
    faces: Sequence[Pixels],
    heading: float,
    pitch: float,
    field_of_view: float,
    size: tuple[int, int] = (480, 480),
    first_heading: float = 0.0,
) -> Pixels:
    """The view of a pinhole camera with square pixels: RGB (height, width, 3).

    `faces`: four RGB pictures (s, s, 3), clockwise from `first_heading`. `heading`, `pitch`: direction of the
    view's center in degrees, clockwise from north and upwards. `field_of_view`: horizontal, in degrees.
    `size`: (width, height).

    Pixels are areas: the center of the first is at (0.5, 0.5). Samples are bicubic, across seams too. If the
    faces have finer pixels than the view, a pixel is the mean of enough bilinear samples not to skip any of
    theirs. Raises ValueError for faces that do not belong together, and if the view leaves them (see
    `inside`).
    """
    import cv2

    side = _side(faces)
    width, height = size
    if width < 1 or height < 1:
        raise ValueError(f"a view cannot have {width} x {height} pixels")
    if not inside(heading, pitch, field_of_view, width / height, first_heading):
        fits = widest(heading, pitch, width / height, first_heading)
        raise ValueError(
            f"a view of {field_of_view}° at heading {heading}°, pitch {pitch}° leaves the side faces: "
            f"the widest view that fits there is {fits:.2f}°"
        )
    middle, turn = _nearest_face(heading - first_heading)
    strip = np.concatenate([faces[(middle + k) % 4] for k in (-1, 0, 1)], axis=1)
    x, y = _maps(turn, pitch, field_of_view, size, side)
    kind = cv2.INTER_CUBIC if x.shape == (height, width) else cv2.INTER_LINEAR
    view = cv2.remap(strip, x, y, kind, borderMode=cv2.BORDER_REPLICATE)
    if x.shape != (height, width):
        view = cv2.resize(view, size, interpolation=cv2.INTER_AREA)
    return np.asarray(view, np.uint8)


def inside(
    heading: float, pitch: float, field_of_view: float, aspect: float = 1.0, first_heading: float = 0.0
) -> bool:
    """Whether the whole view, to the edges of its pixels, lies on the four faces.

    `aspect`: width / height. Raises ValueError unless 0 < field_of_view < 180 and aspect > 0.
    """
    if not (0.0 < field_of_view < 180.0 and aspect > 0.0):
        raise ValueError(f"no view has a field of view of {field_of_view}° and aspect ratio {aspect}")
    if not (math.isfinite(heading) and abs(pitch) < 90.0):
        raise ValueError(f"no view has heading {heading}°, pitch {pitch}°")
    _, turn = _nearest_face(heading - first_heading)
    t = math.tan(math.radians(field_of_view) / 2.0)
    corners = [(-t, t / aspect), (t, t / aspect), (t, -t / aspect), (-t, -t / aspect)]
    rays = [_unit(_turned(u, v, turn, pitch)) for u, v in corners]
    return not (_meets(rays, 1.0) or _meets(rays, -1.0))


def widest(heading: float, pitch: float, aspect: float = 1.0, first_heading: float = 0.0) -> float:
    """The largest field of view in degrees that fits (at most 179); 0 where not even the center does."""
    low, high = 0.0, _WIDEST
    if inside(heading, pitch, high, aspect, first_heading):
        return high
    while high - low > 1e-9:  # views with the same center are nested, so there is a single largest angle
        middle = (low + high) / 2.0
        if inside(heading, pitch, middle, aspect, first_heading):
            low = middle
        else:
            high = middle
    return low if low > 1e-6 else 0.0


def _side(faces: Sequence[Pixels]) -> int:
    shapes = {face.shape for face in faces}
    if len(faces) != 4 or len(shapes) != 1 or any(face.dtype != np.uint8 for face in faces):
        raise ValueError(f"{len(faces)} faces of shapes {sorted(shapes)}: need four uint8 faces of one shape")
    height, width, *channels = shapes.pop()
    if height != width or height < 1 or channels != [3]:
        raise ValueError(f"faces of {width} x {height} pixels and {channels} channels: not square RGB")
    return int(height)


def _nearest_face(turn: float) -> tuple[int, float]:
    """The face that a heading points at, and the angle from its center, in [-45, 45]."""
    face = round((turn % 360.0) / 90.0)
    return face % 4, (turn % 360.0) - 90.0 * face


def _turned(u: float, v: float, turn: float, pitch: float) -> Ray:
    """The ray through (u right, v up) of a view that is turned and pitched away from a face."""
    lean, angle = math.radians(pitch), math.radians(turn)
    forward = math.cos(lean) - math.sin(lean) * v
    up = math.sin(lean) + math.cos(lean) * v
    return (
        math.cos(angle) * u + math.sin(angle) * forward,
        up,
        math.cos(angle) * forward - math.sin(angle) * u,
    )


def _unit(ray: Ray) -> Ray:
    length = math.hypot(*ray)
    return ray[0] / length, ray[1] / length, ray[2] / length


def _meets(rays: list[Ray], sign: float) -> bool:
    """Whether the cone of these rays meets the cube's upper (+1) or lower (-1) face.

    That face is where sign · up > |right| and > |forward|: the cone is clipped by four planes (Sutherland and
    Hodgman 1974), and meets the face if something is left.
    """
    for right, forward in ((1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)):
        above = [sign * ray[1] - right * ray[0] - forward * ray[2] - _TOUCHING for ray in rays]
        kept: list[Ray] = []
        for i, ray in enumerate(rays):
            last, was = rays[i - 1], above[i - 1]
            if (was > 0.0) != (above[i] > 0.0):
                part = was / (was - above[i])
                a, b, c = (p + part * (q - p) for p, q in zip(last, ray, strict=True))
                kept.append((a, b, c))
            if above[i] > 0.0:
                kept.append(ray)
        rays = kept
    return bool(rays)


@lru_cache(maxsize=4)
def _maps(
    turn: float, pitch: float, field_of_view: float, size: tuple[int, int], side: int
) -> tuple[Map, Map]:
    """Where each sample lies in the strip of three faces, the nearest in the middle, in OpenCV's pixels."""
    coarse = min(size[0], 24), max(1, min(size[0], 24) * size[1] // size[0])
    x, y = _strip(turn, pitch, field_of_view, coarse, size[0] / size[1], side)
    steps = [np.hypot(np.diff(x, axis=a), np.diff(y, axis=a)) for a in (0, 1) if x.shape[a] > 1]
    step = max((float(step.max()) for step in steps), default=float(side)) * coarse[0] / size[0]
    samples = max(1, math.ceil(step / BLUNT))
    fine = size[0] * samples, size[1] * samples
    return _strip(turn, pitch, field_of_view, fine, size[0] / size[1], side)


def _strip(
    turn: float, pitch: float, field_of_view: float, size: tuple[int, int], aspect: float, side: int
) -> tuple[Map, Map]:
    t, (width, height) = math.tan(math.radians(field_of_view) / 2.0), size
    u = (t * ((2.0 * np.arange(width) + 1.0) / width - 1.0)).astype(np.float32)[None, :]
    v = (t / aspect * (1.0 - (2.0 * np.arange(height) + 1.0) / height)).astype(np.float32)[:, None]
    angle, lean = math.radians(turn), math.radians(pitch)
    level = v if pitch else v[:1] * 0.0  # a level view has the same columns in every row
    ahead = math.cos(lean) - math.sin(lean) * level
    up = math.sin(lean) + math.cos(lean) * v
    right = math.cos(angle) * u + math.sin(angle) * ahead
    forward = math.cos(angle) * ahead - math.sin(angle) * u
    depth = np.maximum(forward, np.abs(right))
    across = np.where(np.abs(right) <= forward, right, np.sign(right) * (2.0 * depth - forward)) / depth
    x = np.broadcast_to((across + 3.0) * (side / 2.0) - 0.5, (height, width))
    return np.ascontiguousarray(x, np.float32), ((1.0 - up / depth) * (side / 2.0) - 0.5).astype(np.float32)
