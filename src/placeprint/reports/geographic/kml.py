"""Answers as KML 2.2, or as KMZ with thumbnails inside, for Google Earth and GIS programs.

Every estimate is marked as one: by its name, its own style, and the circles of its 50 % and 90 %
regions. A KML file links to the photos where they are; a KMZ contains small copies.
"""

import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from placeprint.artifact import replace_file
from placeprint.placemap.place import Answer, Place
from placeprint.reports.context import Picture, ReportContext
from placeprint.reports.encoding import to_jpeg
from placeprint.reports.formats import FORMATS
from placeprint.reports.geographic.kml_elements import STYLES, extended_data, placemark, text_element
from placeprint.reports.names import Names

NAMESPACE = "http://www.opengis.net/kml/2.2"
THUMBNAIL = 320
Link = Callable[[str], str | None]


@FORMATS.register(".kml")
def write_kml(path: str | Path, answers: Sequence[Answer], context: ReportContext | None = None) -> None:
    """Write a KML file; descriptions show the photos by links to their files, if those exist, and not with
    `relative_paths`: a link names the folders of this machine.
    """
    context = context or ReportContext()

    def link(photo: str) -> str | None:
        file = Path(photo)
        return file.absolute().as_uri() if not context.query_files and file.is_file() else None

    replace_file(Path(path), _document(answers, link, context))


@FORMATS.register(".kmz")
def write_kmz(path: str | Path, answers: Sequence[Answer], context: ReportContext | None = None) -> None:
    """Write a KMZ file: `doc.kml` and thumbnails of at most 320 pixels in `photos/`, each photo once."""
    context = context or ReportContext()
    names: dict[str, str] = {}
    content: dict[str, bytes] = {}

    def carry(photo: str, shown: Picture) -> None:
        small = to_jpeg(shown, THUMBNAIL)
        if small is not None:
            names[photo] = f"photos/{len(names) + 1}.jpg"
            content[names[photo]] = small.content

    for answer in answers:
        if answer.query is not None and answer.query not in names:
            carry(answer.query, context.query_picture(answer))
        for match in answer.matches:
            if match.path not in names:
                carry(match.path, context.small_picture(match))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("doc.kml", _document(answers, names.get, context))
        for name, jpeg in content.items():
            archive.writestr(name, jpeg, zipfile.ZIP_STORED)
    replace_file(Path(path), buffer.getvalue())


def _document(answers: Sequence[Answer], link: Link, context: ReportContext) -> bytes:
    root = Element("kml", {"xmlns": NAMESPACE})
    document = SubElement(root, "Document")
    located = sum(isinstance(answer, Place) for answer in answers)
    text_element(document, "name", "Places estimated by placeprint")
    text_element(document, "open", "1")
    text_element(
        document, "description", f"{located} of {len(answers)} photos located. Positions are estimates."
    )
    document.extend(ElementTree.fromstring(style) for style in STYLES)
    extended_data(document, {name: made for name, made in context.provenance().items() if made})
    names = Names.of(answers)
    for answer in answers:
        placemark(document, answer, link, names, context.digest(answer))
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, "utf-8", xml_declaration=True))
