"""What the properties of XMP say of a photo: the exif schema (XMP part 2, section 2.4) and IPTC's places."""

from datetime import datetime

from placeprint.photos.metadata.coordinates import (
    NoPositionError,
    RefusedError,
    finest,
    grain_of_text,
    number,
    parse_coordinate,
    position,
)
from placeprint.photos.metadata.doubt import checked, radius
from placeprint.photos.metadata.iptc import distinct
from placeprint.photos.metadata.said import OWN_ESTIMATE, Metadata
from placeprint.photos.metadata.xmp.packet import Properties
from placeprint.photos.metadata.xmp.panorama import sphere_of

EXIF = "http://ns.adobe.com/exif/1.0/"
PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
_CORE = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
_EXTENSION = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_TIFF = "http://ns.adobe.com/tiff/1.0/"
_DATES = (
    (EXIF, "DateTimeOriginal"),
    (PHOTOSHOP, "DateCreated"),
    ("http://ns.adobe.com/xap/1.0/", "CreateDate"),
)
_PLACES = ((_CORE, "Location"), (PHOTOSHOP, "City"), (PHOTOSHOP, "State"), (PHOTOSHOP, "Country"))
_SHOWN = ("Sublocation", "City", "ProvinceState", "CountryName")


def read_properties(found: Properties, source: str, size: tuple[int, int] | None = None) -> Metadata:
    """Position, heading, time, sphere and names of places. `source` is named in problems; `size` is that of
    the picture. Never raises: what is damaged is left out.
    """
    point, problem, refused, grain = None, None, None, 0.0
    latitude, longitude = (found.get(EXIF, name) for name in ("GPSLatitude", "GPSLongitude"))
    if latitude is not None and longitude is not None:
        try:
            lat = parse_coordinate(latitude, "NS", found.get(EXIF, "GPSLatitudeRef"))
            lon = parse_coordinate(longitude, "EW", found.get(EXIF, "GPSLongitudeRef"))
            point = checked(
                position(lat, lon, _altitude(found)),
                found.get(EXIF, "GPSStatus") or "",
                found.get(EXIF, "GPSMapDatum") or "",
                found.get(EXIF, "GPSProcessingMethod") or "",
                found.get(EXIF, "GPSMeasureMode") or "",
            )
            grain = finest(grain_of_text(latitude), grain_of_text(longitude))
        except NoPositionError as error:
            problem = f"{source}: {error}"
            refused = error.point if isinstance(error, RefusedError) else None
    elif latitude is not None or longitude is not None:
        problem = f"{source} has half a position"
    estimated = problem is not None and OWN_ESTIMATE in problem  # and so is the heading
    heading = None if estimated else direction(found.get(EXIF, "GPSImgDirection"))
    return Metadata(
        source=source,
        point=point,
        problem=problem,
        refused=refused,
        grain=grain,
        accuracy=radius(
            real(found.get(EXIF, "GPSHPositioningError")),
            real(found.get(EXIF, "GPSDOP")),
            found.get(EXIF, "GPSProcessingMethod") or "",
        ),
        heading=heading,
        magnetic=heading is not None and (found.get(EXIF, "GPSImgDirectionRef") or "").upper()[:1] == "M",
        time=_time(found),
        sphere=sphere_of(found, size),
        places=_places(found),
    )


def real(text: str | None) -> float | None:
    """A decimal or rational; None where there is none or it is not finite."""
    try:
        value = None if text is None else number(text)
    except ValueError:
        return None
    return value if value is not None and abs(value) < 1e12 else None


def direction(text: str | None) -> float | None:
    """Degrees in [0, 360), from 0 to 360."""
    value = real(text)
    return value % 360.0 if value is not None and 0.0 <= value <= 360.0 else None


def _altitude(found: Properties) -> float | None:
    meters = real(found.get(EXIF, "GPSAltitude"))
    below = found.get(EXIF, "GPSAltitudeRef") in ("1", "3")
    return meters if meters is None or not below else -abs(meters)


def _time(found: Properties) -> datetime | None:
    for namespace, name in _DATES:
        text = found.get(namespace, name)
        try:
            if text is not None:
                return datetime.fromisoformat(text)
        except ValueError:
            continue
    return None


def _places(found: Properties) -> tuple[str, ...]:
    plain = distinct(found.get(namespace, name) or "" for namespace, name in _PLACES)
    if plain:
        return plain
    for outer in ("LocationCreated", "LocationShown"):
        within = (found.within.get(((_EXTENSION, outer), (_EXTENSION, name)), "") for name in _SHOWN)
        if words := distinct(within):
            return words
    return ()
