"""XMP sidecars: `photo.jpg.xmp` or `photo.xmp` beside a photo (XMP part 2, section 2.4: exif schema).

Read with the standard library's DOM, which keeps prefixes and unknown content, so that writing a position
into an existing sidecar changes nothing else. A document type is rejected: entity-expansion attacks need one,
and XMP has none.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from xml.dom import minidom
from xml.parsers.expat import ExpatError

from placeprint.artifact import replace_file
from placeprint.errors import PhotoError
from placeprint.geo import GeoPoint
from placeprint.photos.metadata.coordinates import NoPositionError, number, parse_coordinate, position
from placeprint.photos.metadata.exif import Metadata

EXIF = "http://ns.adobe.com/exif/1.0/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DATES = (
    (EXIF, "DateTimeOriginal"),
    ("http://ns.adobe.com/photoshop/1.0/", "DateCreated"),
    ("http://ns.adobe.com/xap/1.0/", "CreateDate"),
)
_EMPTY = (
    f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    f'<rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about=""/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)
_ESTIMATED = "placeprint"


def sidecar(photo: Path) -> Path | None:
    """The sidecar of a photo: `photo.jpg.xmp` before `photo.xmp`, in lower or upper case."""
    names = [f"{stem}{suffix}" for stem in (photo.name, photo.stem) for suffix in (".xmp", ".XMP")]
    return next((path for path in map(photo.with_name, names) if path.is_file()), None)


def read_sidecar(path: Path) -> Metadata:
    """Position, heading and time from a sidecar. Raises `PhotoError` if it is not readable XMP."""
    document = _parse(path)
    try:
        direction = _text(document, EXIF, "GPSImgDirection")
        heading = _direction(direction)
        magnetic = heading is not None and _text(document, EXIF, "GPSImgDirectionRef") == "M"
        point, problem = _position(document)
        return Metadata(point, problem, heading, magnetic, _time(document))
    finally:
        document.unlink()


def write_sidecar(photo: Path, point: GeoPoint, heading: float | None = None) -> Path:
    """Write an estimated position into the photo's sidecar, and return the sidecar's path.

    An existing sidecar keeps all its other fields; if there is none, `photo.jpg.xmp` is created. The position
    is marked as estimated (exif:GPSProcessingMethod = placeprint). The write is atomic. Raises `PhotoError`
    if the existing sidecar cannot be read.
    """
    path = sidecar(photo) or photo.with_name(photo.name + ".xmp")
    document = _parse(path) if path.exists() else minidom.parseString(_EMPTY.encode())
    fields: dict[str, str | None] = {
        "GPSVersionID": "2.3.0.0",
        "GPSMapDatum": "WGS-84",
        "GPSLatitude": _written(point.lat, "NS"),
        "GPSLongitude": _written(point.lon, "EW"),
        "GPSLatitudeRef": None,
        "GPSLongitudeRef": None,
        "GPSAltitude": None if point.altitude is None else f"{round(abs(point.altitude) * 1000)}/1000",
        "GPSAltitudeRef": None if point.altitude is None else str(int(point.altitude < 0)),
        "GPSProcessingMethod": _ESTIMATED,
    }
    if heading is not None:
        fields |= {"GPSImgDirection": f"{round(heading % 360.0 * 100)}/100", "GPSImgDirectionRef": "T"}
    for name, value in fields.items():
        _set(document, path, name, value)
    replace_file(path, document.toxml(encoding="utf-8"))
    document.unlink()
    return path


def _parse(path: Path) -> minidom.Document:
    mend = "Save it again with your photo program, or move it away."
    try:
        content = path.read_bytes()
        if b"<!DOCTYPE" in content.replace(b"\0", b""):
            raise PhotoError(path, "has a document type, which XMP does not allow", mend)
        return minidom.parseString(content)
    except (ExpatError, OSError, LookupError, ValueError) as error:
        raise PhotoError(path, f"is not a readable XMP file ({error})", mend) from error


def _descriptions(document: minidom.Document) -> Iterator[minidom.Element]:
    yield from document.getElementsByTagNameNS(RDF, "Description")


def _text(document: minidom.Document, namespace: str, name: str) -> str | None:
    """A property, written as an attribute or as an element, stripped; None if missing or empty."""
    for node in _descriptions(document):
        value = node.getAttributeNS(namespace, name)
        for child in node.getElementsByTagNameNS(namespace, name):
            value = value or "".join(text.data for text in child.childNodes if isinstance(text, minidom.Text))
        if value.strip():
            return value.strip()
    return None


def _set(document: minidom.Document, path: Path, name: str, value: str | None) -> None:
    """Replace a property of the exif schema, wherever it is; None removes it."""
    nodes = list(_descriptions(document))
    if not nodes:
        raise PhotoError(path, "has no rdf:Description", "Save it again with your photo program.")
    for node in nodes:
        if node.hasAttributeNS(EXIF, name):
            node.removeAttributeNS(EXIF, name)
        for child in list(node.getElementsByTagNameNS(EXIF, name)):
            if child.parentNode is not None:
                child.parentNode.removeChild(child)
            child.unlink()
    if value is None:
        return
    nodes[0].setAttributeNS("http://www.w3.org/2000/xmlns/", "xmlns:exif", EXIF)
    nodes[0].setAttributeNS(EXIF, f"exif:{name}", value)


def _position(document: minidom.Document) -> tuple[GeoPoint | None, str | None]:
    latitude, longitude = (_text(document, EXIF, name) for name in ("GPSLatitude", "GPSLongitude"))
    if latitude is None and longitude is None:
        return None, None
    if latitude is None or longitude is None:
        return None, "the sidecar has half a position"
    try:
        lat = parse_coordinate(latitude, "NS", _text(document, EXIF, "GPSLatitudeRef"))
        lon = parse_coordinate(longitude, "EW", _text(document, EXIF, "GPSLongitudeRef"))
        return position(lat, lon, _altitude(document)), None
    except NoPositionError as error:
        return None, f"sidecar: {error}"


def _altitude(document: minidom.Document) -> float | None:
    text = _text(document, EXIF, "GPSAltitude")
    try:
        meters = None if text is None else number(text)
    except ValueError:
        return None
    below = _text(document, EXIF, "GPSAltitudeRef") == "1"
    return meters if meters is None or not below else -abs(meters)


def _direction(text: str | None) -> float | None:
    try:
        value = None if text is None else number(text)
    except ValueError:
        return None
    return value % 360.0 if value is not None and 0.0 <= value <= 360.0 else None


def _time(document: minidom.Document) -> datetime | None:
    for namespace, name in _DATES:
        text = _text(document, namespace, name)
        try:
            if text is not None:
                return datetime.fromisoformat(text)
        except ValueError:
            continue
    return None


def _written(degrees: float, axis: str) -> str:
    """XMP's "degrees,minutes.fraction" and letter, to 1e-8 minutes (0.02 mm)."""
    whole, minutes = divmod(round(abs(degrees) * 60.0 * 1e8), 60 * 10**8)
    return f"{whole},{minutes // 10**8}.{minutes % 10**8:08d}{axis[degrees < 0]}"
