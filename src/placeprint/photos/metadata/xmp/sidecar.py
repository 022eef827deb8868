"""XMP sidecars: `photo.jpg.xmp` or `photo.xmp` beside a photo.

Written with the standard library's DOM, which keeps prefixes and unknown content, so that writing a position
into an existing sidecar changes nothing else.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.dom import minidom

from placeprint.artifact import replace_file
from placeprint.errors import PhotoError
from placeprint.geo import GeoPoint
from placeprint.photos.metadata.said import Metadata
from placeprint.photos.metadata.xmp.packet import LONGEST, PacketError, Properties, read_packet
from placeprint.photos.metadata.xmp.schemas import EXIF, PHOTOSHOP, read_properties
from placeprint.photos.raw import RAW_EXTENSIONS

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_EMPTY = (
    f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    f'<rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about=""/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)
_ESTIMATED = "placeprint"
_MARKED = ("GPSVersionID", "GPSMapDatum", "GPSLatitude", "GPSLongitude", "GPSProcessingMethod")
"""What an estimate without a journal certainly wrote: those of the first versions of placeprint."""
OURS = "https://github.com/placeprint/placeprint/ns/xmp/1.0/"
_PREFIXES = {EXIF: "exif", OURS: "placeprint"}
_BEFORE = "before"
_MEND = "Save it again with your photo program, or move it away."
_SAME = ({".jpg", ".jpeg", ".jpe"}, {".tif", ".tiff"}, {".heic", ".heif", ".hif"})
_NAMESAKES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".avif", ".tif", ".tiff", ".gif"})
_LONGEST_TO_WRITE = 8 << 20


def sidecar(photo: Path) -> Path | None:
    """The sidecar of a photo: `photo.jpg.xmp` before `photo.xmp`, in lower or upper case.

    `photo.xmp` may be beside several files of that stem. It belongs to the one whose extension it names
    (photoshop:SidecarForExtension); if it names none, to the RAW photo among them, as Adobe's programs have
    it, or else to the only photo there is. Several other photos: it belongs to none of them.
    """
    for name in (f"{photo.name}.xmp", f"{photo.name}.XMP"):
        if photo.with_name(name).is_file():
            return photo.with_name(name)
    for name in (f"{photo.stem}.xmp", f"{photo.stem}.XMP"):
        path = photo.with_name(name)
        if path.is_file() and _belongs(path, photo):
            return path
    return None


def read_sidecar(path: Path) -> Metadata:
    """Position, heading, time and the like from a sidecar. Raises `PhotoError` if it is not readable XMP."""
    return read_properties(_properties(path), "sidecar")


def write_sidecar(photo: Path, point: GeoPoint, heading: float | None = None, dry_run: bool = False) -> Path:
    """Write an estimated position into the photo's sidecar, and return the sidecar's path.

    An existing sidecar keeps all its other fields; if there is none, `photo.jpg.xmp` is created. The position
    is marked as estimated (exif:GPSProcessingMethod = placeprint), and is never read back as a measured one.
    What each field was before is kept in placeprint:before, so that `remove_estimate` brings it back.
    The write is atomic; `dry_run`: nothing is written. Raises `PhotoError` if the existing sidecar cannot be
    read.
    """
    path = sidecar(photo) or photo.with_name(photo.name + ".xmp")
    existed = path.exists()
    document = _document(path) if existed else minidom.parseString(_EMPTY.encode())
    fields: dict[str, str | None] = {
        "GPSVersionID": "2.3.0.0",
        "GPSMapDatum": "WGS-84",
        "GPSLatitude": _written(point.lat, "NS"),
        "GPSLongitude": _written(point.lon, "EW"),
        "GPSAltitude": None if point.altitude is None else f"{round(abs(point.altitude) * 1000)}/1000",
        "GPSAltitudeRef": None if point.altitude is None else str(int(point.altitude < 0)),
        "GPSProcessingMethod": _ESTIMATED,
    } | dict.fromkeys(
        ("GPSLatitudeRef", "GPSLongitudeRef", "GPSStatus", "GPSMeasureMode", "GPSDOP", "GPSHPositioningError")
    )
    if heading is not None:
        fields |= {"GPSImgDirection": f"{round(heading % 360.0 * 100)}/100", "GPSImgDirectionRef": "T"}
    changed = _journal(document) or {"created": not existed, "fields": {}}
    _set(document, path, _BEFORE, None, OURS)
    for name, value in fields.items():
        before = changed["fields"][name][0] if name in changed["fields"] else _get(document, name)
        if before != value:
            changed["fields"][name] = [before, value]
        _set(document, path, name, value)
    _set(document, path, _BEFORE, json.dumps(changed), OURS)
    if not dry_run:
        replace_file(path, document.toxml(encoding="utf-8"))
    document.unlink()
    return path


def remove_estimate(photo: Path, dry_run: bool = False) -> Path | None:
    """Take back what `write_sidecar` wrote for this photo; returns the sidecar's path, None if there was
    nothing of ours.

    Each field that still is as we wrote it becomes what it was before; one that another program has changed
    since stays, as do all others. A sidecar that we created and that holds nothing else is deleted.
    `dry_run`: nothing is changed. Raises `PhotoError` if the sidecar cannot be read.
    """
    path = sidecar(photo)
    if path is None:
        return None
    document = _document(path)
    try:
        changed = _journal(document)
        if changed is None:
            if _get(document, "GPSProcessingMethod") != _ESTIMATED:
                return None
            changed = {"created": False, "fields": {name: [None, _get(document, name)] for name in _MARKED}}
        for name, (before, wrote) in changed["fields"].items():
            if _get(document, name) == wrote:
                _set(document, path, name, before)
        _set(document, path, _BEFORE, None, OURS)
        if dry_run:
            return path
        if changed["created"] and not _holds_anything(document):
            path.unlink()
        else:
            replace_file(path, document.toxml(encoding="utf-8"))
        return path
    finally:
        document.unlink()


def _belongs(path: Path, photo: Path) -> bool:
    """Whether `stem.xmp` is the sidecar of this file; one that cannot be read is, so that it is told."""
    try:
        named = _properties(path).get(PHOTOSHOP, "SidecarForExtension")
    except PhotoError:
        named = None
    mine = photo.suffix.lower()
    if named is not None:
        return _like("." + named.strip(" .").lower(), mine)
    others = _namesakes(photo)
    return not others or (mine in RAW_EXTENSIONS and not others & RAW_EXTENSIONS)


def _like(one: str, other: str) -> bool:
    return one == other or any({one, other} <= same for same in _SAME)


def _namesakes(photo: Path) -> set[str]:
    """Extensions of the other photos beside it that have its stem."""
    mine = photo.suffix.lower()
    found = set()
    for extension in (_NAMESAKES | RAW_EXTENSIONS) - {mine}:
        if any(photo.with_suffix(form).is_file() for form in (extension, extension.upper())):
            found.add(extension)
    return found


def _properties(path: Path) -> Properties:
    return _read(path)[1]


def _read(path: Path) -> tuple[bytes, Properties]:
    try:
        with path.open("rb") as file:
            content = file.read(LONGEST + 1)
        return content, read_packet(content)
    except (PacketError, OSError) as error:
        reason = str(error) if isinstance(error, PacketError) else f"is not a readable XMP file ({error})"
        raise PhotoError(path, reason, _MEND) from error


def _document(path: Path) -> minidom.Document:
    content, _ = _read(path)
    if len(content) > _LONGEST_TO_WRITE:
        raise PhotoError(path, f"is {len(content) >> 20} MB long, too long to be written to", _MEND)
    return minidom.parseString(content)


def _descriptions(document: minidom.Document) -> Iterator[minidom.Element]:
    yield from document.getElementsByTagNameNS(RDF, "Description")


def _get(document: minidom.Document, name: str, schema: str = EXIF) -> str | None:
    """The text of a simple property, wherever it is."""
    for node in _descriptions(document):
        if node.hasAttributeNS(schema, name):
            return str(node.getAttributeNS(schema, name))
        for child in node.getElementsByTagNameNS(schema, name):
            return "".join(part.data for part in child.childNodes if isinstance(part, minidom.Text))
    return None


def _journal(document: minidom.Document) -> dict[str, Any] | None:
    """What we changed: `created` and {field: [before, written]}; None if that is not there or is damaged."""
    try:
        told = json.loads(_get(document, _BEFORE, OURS) or "")
        fields = {
            str(name): [None if text is None else str(text) for text in (before, wrote)]
            for name, (before, wrote) in told["fields"].items()
            if str(name).startswith("GPS") and str(name).isalnum()
        }
        return {"created": told["created"] is True, "fields": fields}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _holds_anything(document: minidom.Document) -> bool:
    """Whether any property is left."""
    for node in _descriptions(document):
        names = {a.name for a in node.attributes.values()} if node.attributes else set()
        own = {name for name in names if not name.startswith("xmlns") and name != "rdf:about"}
        if own or any(isinstance(child, minidom.Element) for child in node.childNodes):
            return True
    return False


def _set(document: minidom.Document, path: Path, name: str, value: str | None, schema: str = EXIF) -> None:
    """Replace a property of a schema, wherever it is; None removes it."""
    nodes = list(_descriptions(document))
    if not nodes:
        raise PhotoError(path, "has no rdf:Description", "Save it again with your photo program.")
    for node in nodes:
        if node.hasAttributeNS(schema, name):
            node.removeAttributeNS(schema, name)
        for child in list(node.getElementsByTagNameNS(schema, name)):
            if child.parentNode is not None:
                child.parentNode.removeChild(child)
            child.unlink()
    if value is None:
        if schema == OURS and nodes[0].hasAttribute("xmlns:placeprint"):
            nodes[0].removeAttribute("xmlns:placeprint")
        return
    prefix = _PREFIXES[schema]
    nodes[0].setAttributeNS("http://www.w3.org/2000/xmlns/", f"xmlns:{prefix}", schema)
    nodes[0].setAttributeNS(schema, f"{prefix}:{name}", value)


def _written(degrees: float, axis: str) -> str:
    """XMP's "degrees,minutes.fraction" and letter, to 1e-8 minutes (0.02 mm)."""
    whole, minutes = divmod(round(abs(degrees) * 60.0 * 1e8), 60 * 10**8)
    return f"{whole},{minutes // 10**8}.{minutes % 10**8:08d}{axis[degrees < 0]}"
