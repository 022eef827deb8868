"""Everything a photo file says about itself, without decoding its pixels."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from placeprint.errors import PhotoError
from placeprint.geo import GeoPoint
from placeprint.photos.decode import orientation
from placeprint.photos.metadata.containers.blocks import Blocks
from placeprint.photos.metadata.containers.reading import read_blocks
from placeprint.photos.metadata.declination import declination
from placeprint.photos.metadata.exif import read_exif, text_of
from placeprint.photos.metadata.exif_tags import DESCRIPTION, USER_COMMENT
from placeprint.photos.metadata.iptc import read_places
from placeprint.photos.metadata.mapillary import read_mapillary
from placeprint.photos.metadata.merging import position_of
from placeprint.photos.metadata.said import Metadata
from placeprint.photos.metadata.takeout import read_takeout, takeout_json
from placeprint.photos.metadata.xmp.makers import flight_yaw, read_makers
from placeprint.photos.metadata.xmp.packet import PacketError, read_packet
from placeprint.photos.metadata.xmp.schemas import read_properties
from placeprint.photos.metadata.xmp.sidecar import read_sidecar, sidecar
from placeprint.photos.opening import open_photo
from placeprint.photos.sphere import Sphere

NO_POSITION = "no position in EXIF or XMP"


@dataclass(frozen=True, slots=True)
class PhotoInfo:
    """What a photo says of itself.

    width, height: of the upright photo, in pixels.
    point: where it was taken, in WGS84; None if unknown, and then `position_problem` says why.
    heading: where the camera looked, degrees clockwise from north; from magnetic north if `magnetic`.
    time: with a time zone if the photo gives one (DateTimeOriginal with OffsetTimeOriginal, else the
        GPS clock, which is UTC); otherwise DateTimeOriginal without one: the camera's own clock.
    accuracy: radius in meters that the photo gives for its position, if any.
    source: what the position was read from, and whether the heading was corrected.
    sphere: how a photo all around (360°) lies on the sphere; None for any other.
    place_names: words for the place, such as sublocation, city, country; they are no position.
    """

    width: int
    height: int
    point: GeoPoint | None
    position_problem: str | None
    heading: float | None
    magnetic: bool
    time: datetime | None
    camera: str | None
    accuracy: float | None = None
    source: str = ""
    sphere: Sphere | None = None
    place_names: tuple[str, ...] = ()


def read_info(path: str | Path) -> PhotoInfo:
    """Size, position, heading, time and camera of a photo, from the file and from files beside it.

    In order of trust: the XMP sidecar, where people correct positions; Google Takeout's JSON; inside the
    file the fields of drones, EXIF, XMP, and Mapillary's JSON. docs/photos.md has the whole table. Raises
    `PhotoError` for a broken photo.
    """
    path = Path(path)
    with open_photo(path) as image:
        width, height = image.size
        blocks = read_blocks(image)
        if orientation(image, blocks) >= 5:
            width, height = height, width
    outside = _beside(path)
    inside, yaw = _inside(blocks, (width, height))
    place = position_of(outside, inside)
    parts = [*outside, *inside]
    time = next((part.time for part in (*outside[:1], *inside, *outside) if part.time is not None), None)
    names = next((part.places for part in parts if part.places), ())
    problem = None
    if place.point is None:
        problem = place.problem or NO_POSITION
        problem += f", but it says: {', '.join(names)}" if names else ""
    sphere = next((part.sphere for part in parts if part.sphere is not None), None)
    looked = _looked(outside, inside, yaw, sphere)
    heading, magnetic, source = looked.heading, looked.magnetic, place.source
    if magnetic and heading is not None and place.point is not None and time is not None:
        east = declination(place.point, time)
        if east is not None:
            heading, magnetic = (heading + east) % 360.0, False
            source += f"; magnetic heading corrected by {east:+.1f}°"
    if sphere is not None and sphere.heading is None and not magnetic:
        sphere = replace(sphere, heading=heading)
    return PhotoInfo(
        width=width,
        height=height,
        point=place.point,
        position_problem=problem,
        heading=heading,
        magnetic=magnetic,
        time=time,
        camera=next((part.camera for part in parts if part.camera is not None), None),
        accuracy=None if place.point is None else place.accuracy,
        source=source if place.point is not None else "",
        sphere=sphere,
        place_names=names,
    )


def _looked(
    outside: Sequence[Metadata], inside: Sequence[Metadata], yaw: float | None, sphere: Sphere | None
) -> Metadata:
    """The part whose heading counts: of a sphere its own, unless a sidecar says otherwise."""
    posed = Metadata(heading=None if sphere is None else sphere.heading)
    parts = (*outside, posed, *inside, Metadata(heading=yaw))
    return next((part for part in parts if part.heading is not None), Metadata())


def _beside(photo: Path) -> list[Metadata]:
    """The sidecar, then Takeout's JSON."""
    found = [Metadata()]
    path = sidecar(photo)
    if path is not None:
        try:
            found = [read_sidecar(path)]
        except PhotoError as error:
            found = [Metadata(source="sidecar", problem=str(error))]
    path = takeout_json(photo)
    return found if path is None else [*found, read_takeout(path)]


def _inside(blocks: Blocks, size: tuple[int, int]) -> tuple[list[Metadata], float | None]:
    """The parts of the file in order of trust, and where an aircraft flew."""
    drones, packets, notes = [], [], []
    yaw = None
    for packet in blocks.xmp:
        try:
            properties = read_packet(packet)
        except PacketError:  # a damaged packet says nothing; the rest of the file may
            continue
        packets.append(read_properties(properties, "XMP", size))
        drones.append(read_makers(properties))
        yaw = flight_yaw(properties) if yaw is None else yaw
    for tags in blocks.exif:
        for value in (tags.photo.get(DESCRIPTION), tags.camera.get(USER_COMMENT)):
            notes.append(read_mapillary(text_of(value)))  # noqa: PERF401
    words = [Metadata(places=read_places(block)) for block in blocks.iptc]
    return [*drones, *map(read_exif, blocks.exif), *packets, *notes, *words], yaw
