"""Which column is what, by the names that people and programs give it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_NAMES: dict[str, str] = {
    # In each role the names of one word before a "|" come before those after it where a list has several.
    "path": "path filepath fullpath sourcefile photo photopath imagepath imgpath picturepath "
    "| image img picture file photofile imagefile "
    "| filename photoname imagename imgname picturename originalfilename uri url src | name query",
    "folder": "directory dir folder",
    "lat": "lat latitude latdd latdeg latdecimal decimallatitude declat latwgs breitengrad | y",
    "lon": "lon long lng longitude londd londeg longdeg lngdeg londecimal decimallongitude declon lonwgs "
    "längengrad laengengrad | x",
    "both": "position gpsposition gpscoordinates coordinates coordinate coords latlon latlng latlong "
    "latitudelongitude location gps",
    "geometry": "geometry geom thegeom wkt wktgeom geomwkt shape point",
    "easting": "easting east utmeasting utme utmx eastingm xutm",
    "northing": "northing north utmnorthing utmn utmy northingm yutm",
    "zone": "zone utmzone zonenumber utm",
    "hemisphere": "hemisphere utmhemisphere zoneletter band utmband latitudeband",
    "crs": "crs srs srid epsg epsgcode",
    "lat side": "latituderef latref latitudehemisphere",
    "lon side": "longituderef lonref longituderef longitudehemisphere",
    "heading": "heading | imgdirection compassangle computedcompassangle trueheading compassheading compass "
    "bearing azimuth direction camerayaw headingdeg | gimbalyawdegree gimbalyaw | yaw yawdeg",
    "magnetic heading": "magneticheading",
    "heading side": "imgdirectionref headingref directionref bearingref",
    "altitude": "altitude alt elevation elev ele altm altitudem | absolutealtitude | z",
    "altitude side": "altituderef altref",
    "accuracy": "accuracy hpositioningerror horizontalaccuracy horizontalaccuracym hacc haccm horzacc "
    "horzaccm positionaccuracy accuracym accuracymeters accuracyinmeters positioningerror",
    "time": "time | subsecdatetimeoriginal datetimeoriginal | datetime datetimeutc timestamp capturetime "
    "capturedat takenat datetaken captured taken | datetimegps createdate datetimecreated date | captime",
    "time zone": "offsettimeoriginal offsettime",
    "panorama": "panorama pano panoid",
}
_FACTORS = {
    "rad": 57.29577951308232, "radian": 57.29577951308232, "radians": 57.29577951308232,
    "ft": 0.3048, "feet": 0.3048, "foot": 0.3048, "cm": 0.01, "km": 1000.0,
}  # fmt: skip
_SAME = {"deg", "degree", "degrees", "°", "dd", "dms", "decimal", "wgs84", "m", "meter", "meters", "metre"}
_SAME |= {"metres", "utc", "decimal degrees", "epsg:4326", "m asl", "amsl", "", "gps", "grad", "d", "e", "n"}
_UNIT = re.compile(r"^(.*?)\s*[(\[]([^()\[\]]*)[)\]]\s*$")
_PREFIXES = ("gps", "map", "exif", "wgs84", "wgs", "camera", "cam", "photo", "image", "img", "geo")
_SUFFIXES = ("wgs84", "wgs", "deg", "degrees", "dd", "m", "meters", "metres", "gps")
_ONLY_BARE = {"x", "y", "z", "n", "e", "name", "east", "north", "point", "position"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column in a role: `rank` is lower the sooner it is used, `factor` turns its unit into ours."""

    name: str
    role: str
    rank: int
    factor: float = 1.0
    unsigned: bool = False


def roles(names: Iterable[str]) -> dict[str, list[Column]]:
    """The columns of each role, best first; those of equal rank say the same thing twice."""
    found: dict[str, list[Column]] = {}
    for name in names:
        column = _column(name)
        if column is not None:
            found.setdefault(column.role, []).append(column)
    for columns in found.values():
        columns.sort(key=lambda column: column.rank)
    return found


def _column(name: str) -> Column | None:
    """`EXIF:GPSLatitude`, `Latitude (deg)`, `gps_lat`, `position:lat`."""
    plain = re.sub(r" \(column [0-9]+\)$", "", name[:200]).strip().strip("\ufeff\"'")
    factor, unit = 1.0, _UNIT.match(plain)
    if unit is not None:
        said = unit[2].strip().lower()
        if said not in _SAME and said not in _FACTORS:
            return None
        plain, factor = unit[1], _FACTORS.get(said, 1.0)
    group, _, last = plain.rpartition(":")
    known = _known(_squashed(plain)) or _known(_squashed(last))
    if known is None:
        return None
    role, rank = known
    exifs = group.lower() in ("exif", "gps") and last.startswith("GPS")  # degrees without their sign
    rank -= 10 if group.lower() == "composite" else 0  # signed and complete, where EXIF's own are not
    return Column(name, role, rank, factor, unsigned=exifs)


def _squashed(name: str) -> str:
    return "".join(filter(str.isalnum, name.lower()))


def _known(name: str) -> tuple[str, int] | None:
    if name in _ROLES:
        return _ROLES[name]
    bare = next((name.removeprefix(p) for p in _PREFIXES if name.startswith(p)), name)
    ends = [bare.removesuffix(s) for s in _SUFFIXES if bare.endswith(s)]
    return next((_ROLES[n] for n in (bare, *ends) if n in _ROLES and n not in _ONLY_BARE), None)


_ROLES = {
    name: (role, rank)
    for role, names in _NAMES.items()
    for rank, words in enumerate(names.split("|"))
    for name in words.split()
}
