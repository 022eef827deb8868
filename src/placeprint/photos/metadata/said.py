"""What one part of a photo's metadata says: a block of EXIF, of XMP, a file beside the photo."""

from dataclasses import dataclass, field
from datetime import datetime

from placeprint.geo import GeoPoint
from placeprint.photos.sphere import Sphere

OWN_ESTIMATE = "position is placeprint's own estimate"
"""Why a position that placeprint wrote is never read back as a measured one."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a part of the metadata says; None where it says nothing.

    source: what it is called in messages: "EXIF", "XMP", "sidecar".
    point: WGS84, with the altitude if given: above sea level or above the ellipsoid, as the file has it.
    problem: why `point` is None although there is something about a position.
    refused: a position that is not to be trusted, as `problem` says.
    grain: the smallest step in degrees in which the position is written; 0 if unknown.
    accuracy: radius in meters that the receiver gives for its position, or that its method suggests.
    heading: where the camera looked, degrees clockwise from north, in [0, 360).
    magnetic: `heading` is relative to magnetic north.
    time: with a time zone if there is one; otherwise the camera's own clock.
    places: names of the place as somebody wrote them, the smallest first.
    """

    source: str = ""
    point: GeoPoint | None = None
    problem: str | None = None
    refused: GeoPoint | None = None
    grain: float = 0.0
    accuracy: float | None = None
    heading: float | None = None
    magnetic: bool = False
    time: datetime | None = None
    camera: str | None = None
    sphere: Sphere | None = None
    places: tuple[str, ...] = field(default=())
