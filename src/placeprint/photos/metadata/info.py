"""Everything a photo file says about itself, without decoding its pixels."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from placeprint.errors import PhotoError
from placeprint.geo import GeoPoint
from placeprint.photos.decode import orientation
from placeprint.photos.metadata.exif import Metadata, read_exif
from placeprint.photos.metadata.exif_tags import read_exif_tags
from placeprint.photos.metadata.xmp import read_sidecar, sidecar
from placeprint.photos.opening import open_photo


@dataclass(frozen=True, slots=True)
class PhotoInfo:
    """Width and height are those of the upright photo; the other fields are `Metadata`'s."""

    width: int
    height: int
    point: GeoPoint | None
    position_problem: str | None
    heading: float | None
    magnetic: bool
    time: datetime | None
    camera: str | None


def read_info(path: str | Path) -> PhotoInfo:
    """Size, position, heading, time and camera of a photo.

    The fields of an XMP sidecar take precedence over EXIF, because that is where people correct positions. A
    sidecar that cannot be read, or whose position is impossible, leaves no position rather than the one
    somebody wanted to replace. Raises `PhotoError` for a broken photo.
    """
    path = Path(path)
    with open_photo(path) as image:
        width, height = image.size
        if orientation(image) >= 5:
            width, height = height, width
        exif = read_exif(read_exif_tags(image))
    edited = _edited(path)
    use_exif = edited.point is None and edited.problem is None
    heading = exif if edited.heading is None else edited
    return PhotoInfo(
        width=width,
        height=height,
        point=exif.point if use_exif else edited.point,
        position_problem=exif.problem if use_exif else edited.problem,
        heading=heading.heading,
        magnetic=heading.magnetic,
        time=edited.time or exif.time,
        camera=exif.camera,
    )


def _edited(photo: Path) -> Metadata:
    path = sidecar(photo)
    try:
        return Metadata() if path is None else read_sidecar(path)
    except PhotoError as error:
        return Metadata(problem=str(error))
