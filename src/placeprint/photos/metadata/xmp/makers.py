"""Drones' own fields in XMP: the position of the aircraft in full precision, and where its camera looked.

EXIF of such photos is often cut to whole seconds or minutes. Yaw is relative to true north.
"""

from placeprint.photos.metadata.coordinates import (
    NoPositionError,
    finest,
    grain_of_text,
    parse_coordinate,
    position,
)
from placeprint.photos.metadata.said import Metadata
from placeprint.photos.metadata.xmp.packet import Name, Properties
from placeprint.photos.metadata.xmp.schemas import real

_DJI = ("http://www.dji.com/drone-dji/1.0/",)
_SKYDIO = ("https://www.skydio.com/drone-skydio/1.0/",)
_PARROT = ("http://www.parrot.com/drone-parrot/1.0/",)
_CAMERA = (
    "http://pix4d.com/camera/1.0/",
    "http://pix4d.com/camera/1.0",
    "http://ns.sensefly.com/Camera/1.0/",
)
_LATITUDE = ("GpsLatitude", "GPSLatitude", "Latitude")
_LONGITUDE = ("GpsLongitude", "GpsLongtitude", "GPSLongitude", "GPSLongtitude", "Longitude")
_YAWS: tuple[tuple[tuple[str, ...], str], ...] = (
    (_DJI, "GimbalYawDegree"),
    (_PARROT, "CameraYawDegree"),
    (_CAMERA, "Yaw"),
)


def read_makers(found: Properties) -> Metadata:
    """Position and heading from the fields of DJI, Skydio, Parrot, and of the Camera schema that Pix4D,
    senseFly, Sentera and Autel use.

    The heading is the camera's yaw. Never raises.
    """
    point, problem, grain = None, None, 0.0
    for namespaces in (_DJI, _SKYDIO):
        lat, lon = (_first(found, namespaces, names) for names in (_LATITUDE, _LONGITUDE))
        if lat is None or lon is None:
            continue
        try:
            height = real(_first(found, namespaces, ("AbsoluteAltitude",)))
            point = position(parse_coordinate(lat, "NS"), parse_coordinate(lon, "EW"), height)
            problem, grain = None, finest(grain_of_text(lat), grain_of_text(lon))
            break
        except NoPositionError as error:
            problem = f"the drone's XMP: {error}"
    return Metadata(
        source="drone XMP",
        point=point,
        problem=problem,
        grain=grain,
        accuracy=_deviation(found),
        heading=_yaw(found),
    )


def flight_yaw(found: Properties) -> float | None:
    """Where the aircraft flew, for photos that do not say where the camera looked."""
    return _turn(_first(found, _DJI, ("FlightYawDegree",)))


def _first(found: Properties, namespaces: tuple[str, ...], names: tuple[str, ...]) -> str | None:
    texts = (found.get(namespace, name) for namespace in namespaces for name in names)
    return next((text for text in texts if text is not None), None)


def _yaw(found: Properties) -> float | None:
    said = [_first(found, namespaces, (name,)) for namespaces, name in _YAWS]
    oriented: Name = (_SKYDIO[0], "CameraOrientationNED")
    said.append(found.within.get((oriented, (_SKYDIO[0], "Yaw"))))
    return next((turn for turn in map(_turn, said) if turn is not None), None)


def _turn(text: str | None) -> float | None:
    value = real(text)
    return value % 360.0 if value is not None and -360.0 <= value <= 360.0 else None


def _deviation(found: Properties) -> float | None:
    """Radius in meters: what RTK gives (two standard deviations), or the Camera schema's accuracy."""
    north, east = (real(_first(found, _DJI, (name,))) for name in ("RtkStdLat", "RtkStdLon"))
    if north is not None and east is not None and north > 0.0 and east > 0.0:
        return 2.0 * max(north, east)
    given = real(_first(found, _CAMERA, ("GPSXYAccuracy",)))
    return given if given is not None and given > 0.0 else None
