import io
import zipfile
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import pytest
from PIL import Image

from placeprint.placemap.place import Answer, NoMatch, Place, Reason
from placeprint.reports import write_kml, write_kmz

KML = "{http://www.opengis.net/kml/2.2}"
# OGC 07-147r2, in the order of the schema's sequences; only what a file of ours may hold.
ORDER = {
    "Document": ["name", "open", "description", "Style", "ExtendedData", "Folder"],
    "Folder": ["name", "description", "ExtendedData", "Placemark"],
    "Placemark": ["name", "description", "styleUrl", "ExtendedData", "Point", "Polygon", "MultiGeometry"],
    "Style": ["IconStyle", "LabelStyle", "LineStyle", "PolyStyle"],
    "IconStyle": ["color", "scale"],
    "LineStyle": ["color", "width"],
    "Polygon": ["tessellate", "outerBoundaryIs"],
}


def check_order(root: ElementTree.Element) -> None:
    for element in root.iter():
        order = ORDER.get(element.tag.removeprefix(KML))
        if order is not None:
            places = [order.index(child.tag.removeprefix(KML)) for child in element]
            assert places == sorted(places), element.tag


def named(root: ElementTree.Element, start: str) -> list[ElementTree.Element]:
    return [m for m in root.iter(f"{KML}Placemark") if m.findtext(f"{KML}name", "").startswith(start)]


def test_kml_follows_the_schema_and_marks_estimates(tmp_path: Path, answers: list[Answer]) -> None:
    write_kml(tmp_path / "out.kml", answers)
    root = ElementTree.parse(tmp_path / "out.kml").getroot()
    assert root.tag == f"{KML}kml"
    check_order(root)
    (estimate,) = named(root, "Estimate: query.jpg")
    assert estimate.findtext(f"{KML}Point/{KML}coordinates") == "0.12190000,52.20530000"
    assert "not measured" in estimate.findtext(f"{KML}description", "")
    assert len(named(root, "90 % region")) == len(named(root, "50 % region")) == 1
    styles = {f"#{s.get('id')}" for s in root.iter(f"{KML}Style")}
    assert {u.text for u in root.iter(f"{KML}styleUrl")} <= styles
    folders = [f.findtext(f"{KML}name", "") for f in root.iter(f"{KML}Folder")]
    assert folders[1].startswith("No match: ")
    assert folders[2] == "No match: photo in memory"
    text = (tmp_path / "out.kml").read_text("utf-8").replace("http://www.opengis.net", "")
    assert text.count("http") == text.count("https://www.openstreetmap.org/?mlat=52.205300") == 1


def test_kml_links_the_photos_that_exist(tmp_path: Path, place: Place) -> None:
    write_kml(tmp_path / "out.kml", [place])
    root = ElementTree.parse(tmp_path / "out.kml").getroot()
    shown = [d.text or "" for d in root.iter(f"{KML}description")]
    linked = [
        ElementTree.fromstring(f"<a>{text.replace('&#160;', ' ')}</a>").find("p/img") for text in shown[1:]
    ]
    paths = [None if i is None else unquote(urlsplit(i.get("src", "")).path) for i in linked]
    assert paths == [place.query, place.matches[0].path, None]


def test_rings_close_and_a_cut_region_is_a_multigeometry(tmp_path: Path, at_antimeridian: Place) -> None:
    write_kml(tmp_path / "out.kml", [at_antimeridian])
    root = ElementTree.parse(tmp_path / "out.kml").getroot()
    check_order(root)
    assert len(root.findall(f".//{KML}MultiGeometry")) == 2
    for ring in root.iter(f"{KML}LinearRing"):
        corners = ring.findtext(f"{KML}coordinates", "").split()
        assert corners[0] == corners[-1]
        assert all(-180.0 <= float(c.split(",")[0]) <= 180.0 for c in corners)


def test_kmz_carries_every_picture_it_shows(tmp_path: Path, answers: list[Answer]) -> None:
    write_kmz(tmp_path / "out.kmz", answers)
    with zipfile.ZipFile(tmp_path / "out.kmz") as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        root = ElementTree.fromstring(archive.read("doc.kml"))
        pictures = [archive.read(name) for name in names[1:]]
    assert names == ["doc.kml", "photos/1.jpg", "photos/2.jpg"]  # the query and one reference, each once
    text = "".join(d.text or "" for d in root.iter(f"{KML}description"))
    used = [part.split('"')[0] for part in text.split('src="')[1:]]
    assert set(used) == set(names[1:])
    for picture in pictures:
        image = Image.open(io.BytesIO(picture))
        assert (image.format, image.size) == ("JPEG", (96, 64))


@pytest.mark.parametrize("name", ["bad\x01name.jpg", "undecodable\udcff.jpg"])
def test_names_that_xml_forbids_are_replaced(tmp_path: Path, name: str) -> None:
    write_kml(tmp_path / "out.kml", [NoMatch(Reason.NOT_SIMILAR, query=name)])
    root = ElementTree.parse(tmp_path / "out.kml").getroot()
    assert "\ufffd" in root.findtext(f"{KML}Document/{KML}Folder/{KML}name", "")
