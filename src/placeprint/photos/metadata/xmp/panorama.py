"""Photos all around: Google's GPano schema (developers.google.com/streetview/spherical-metadata)."""

import math

from placeprint.photos.metadata.coordinates import number
from placeprint.photos.metadata.xmp.packet import Properties
from placeprint.photos.sphere import Sphere

GPANO = "http://ns.google.com/photos/1.0/panorama/"


def sphere_of(found: Properties, size: tuple[int, int] | None) -> Sphere | None:
    """The sphere of a picture that says to be equirectangular; None for every other, also for one of 2 : 1.

    Without sizes the picture is the whole sphere. `size`: that of the picture, where sizes are missing.
    Sizes that cannot be are no sphere: the picture stays a flat one.
    """
    if (found.get(GPANO, "ProjectionType") or "").lower() != "equirectangular":
        return None
    width, height = size or (0, 0)
    wide = _whole(found, "CroppedAreaImageWidthPixels") or width
    high = _whole(found, "CroppedAreaImageHeightPixels") or height
    full = _whole(found, "FullPanoWidthPixels") or wide, _whole(found, "FullPanoHeightPixels") or high
    left, top = (_whole(found, f"CroppedArea{side}Pixels") or 0 for side in ("Left", "Top"))
    heading = _angle(found, "PoseHeadingDegrees")
    pitch, roll = (_angle(found, f"Pose{name}Degrees") or 0.0 for name in ("Pitch", "Roll"))
    try:
        return Sphere(
            full, (left, top, wide, high), None if heading is None else heading % 360.0, pitch, roll
        )
    except ValueError:
        return None


def _whole(found: Properties, name: str) -> int | None:
    value = _angle(found, name)
    return None if value is None or not 0.0 <= value < 1e6 else int(value)


def _angle(found: Properties, name: str) -> float | None:
    try:
        value = number(found.get(GPANO, name) or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None
