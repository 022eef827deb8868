"""One answer as a KML folder: estimate, regions, references; children in the order of the schema."""

from collections.abc import Callable, Mapping
from html import escape
from xml.etree.ElementTree import Element, SubElement

from placeprint.geo import GeoPoint
from placeprint.placemap.place import Answer, Failed, Match, Place
from placeprint.plots.svg import length
from placeprint.reports.geographic.geo_polygon import circle_rings
from placeprint.reports.names import Names
from placeprint.reports.text import confidence_words, legible, map_link, remarks

Link = Callable[[str], str | None]

# Colors are aabbggrr. No icon is named: each program's own tinted pin needs no network access.
STYLES = (
    '<Style id="estimate"><IconStyle><color>ffd84e1d</color><scale>1.3</scale></IconStyle></Style>',
    '<Style id="reference"><IconStyle><color>ff94877b</color><scale>0.7</scale></IconStyle>'
    "<LabelStyle><scale>0.7</scale></LabelStyle></Style>",
    '<Style id="radius50"><LineStyle><color>ffd84e1d</color><width>2</width></LineStyle>'
    "<PolyStyle><color>40d84e1d</color></PolyStyle></Style>",
    '<Style id="radius90"><LineStyle><color>b0d84e1d</color><width>1</width></LineStyle>'
    "<PolyStyle><color>20d84e1d</color></PolyStyle></Style>",
)


def placemark(document: Element, answer: Answer, link: Link, names: Names, digest: str | None) -> None:
    """Append the folder of one answer; `link` returns the address of a photo's picture, or None; `digest` is
    the SHA-256 of the query's file.
    """
    name = names.query(answer)
    folder = SubElement(document, "Folder")
    said = "".join(f"<p>{escape(remark)}.</p>" for remark in remarks(answer))
    more = {"sha256": digest, "in_map": getattr(answer, "in_map", None)}
    if not isinstance(answer, Place):
        kind = "Not read" if isinstance(answer, Failed) else "No match"
        text_element(folder, "name", f"{kind}: {name}")
        reason = escape(legible(answer.reason)) + said
        text_element(folder, "description", _shown(answer.query, link) + reason)
        extended_data(folder, {"role": "estimate", **more})
    else:
        text_element(folder, "name", name)
        within = f"±{length(answer.radius_90)}, confidence {answer.confidence:.2f}"
        about = (
            f"{_shown(answer.query, link)}<p>Estimated, not measured: within {length(answer.radius_50)} with "
            f"50&#160;% and within {length(answer.radius_90)} with 90&#160;% probability. Confidence "
            f"{answer.confidence:.2f} ({confidence_words(answer.confidence)}).</p>"
            f'{said}<p><a href="{escape(map_link(answer.point.lat, answer.point.lon))}">Map</a></p>'
            f"<p>{escape(legible(answer.query))}</p>"
        )
        data: dict[str, object] = {"role": "estimate", "radius_50_m": f"{answer.radius_50:.2f}"}
        data |= {"radius_90_m": f"{answer.radius_90:.2f}", "confidence": f"{answer.confidence:.4f}"}
        data |= {"orientation": str(answer.orientation), **more}
        _point(folder, f"Estimate: {name} ({within})", about, "estimate", data, answer.point)
        for share, radius in ((90, answer.radius_90), (50, answer.radius_50)):
            _region(folder, share, radius, answer.point)
    for rank, match in enumerate(answer.matches, 1):
        _reference(folder, rank, match, link, names)


def text_element(parent: Element, name: str, text: str) -> Element:
    """Append `<name>text</name>`."""
    element = SubElement(parent, name)
    element.text = text
    return element


def extended_data(parent: Element, data: Mapping[str, object]) -> None:
    """Append names and values; None is left out."""
    extended = SubElement(parent, "ExtendedData")
    for key, value in data.items():
        if value is not None:
            said = "; ".join(f"{k}: {v}" for k, v in value.items()) if isinstance(value, dict) else str(value)
            text_element(SubElement(extended, "Data", {"name": key}), "value", legible(said))


def _reference(folder: Element, rank: int, match: Match, link: Link, names: Names) -> None:
    inliers = "not verified" if match.inliers is None else f"{match.inliers} inliers"
    about = f"{_shown(match.path, link)}<p>Reference photo {rank}: {inliers}, descriptor distance "
    about += f"{match.distance:.3f}</p><p>{escape(legible(match.path))}</p>"
    data: dict[str, object] = {"role": "reference", "rank": str(rank), "distance": f"{match.distance:.5f}"}
    if match.inliers is not None:
        data["inliers"] = str(match.inliers)
    _point(folder, f"{rank}. {names.reference(match.path)}", about, "reference", data, match.point)


def _point(
    folder: Element, name: str, description: str, style: str, data: dict[str, object], point: GeoPoint
) -> None:
    mark = SubElement(folder, "Placemark")
    text_element(mark, "name", name)
    text_element(mark, "description", description)
    text_element(mark, "styleUrl", f"#{style}")
    extended_data(mark, data)
    text_element(SubElement(mark, "Point"), "coordinates", f"{point.lon:.8f},{point.lat:.8f}")


def _region(folder: Element, share: int, radius: float, center: GeoPoint) -> None:
    rings = circle_rings(center, radius)
    if not rings:
        return
    mark = SubElement(folder, "Placemark")
    text_element(mark, "name", f"{share} % region of the estimate: ±{length(radius)}")
    text_element(mark, "styleUrl", f"#radius{share}")
    parent = mark if len(rings) == 1 else SubElement(mark, "MultiGeometry")
    for ring in rings:
        polygon = SubElement(parent, "Polygon")
        text_element(polygon, "tessellate", "1")
        outer = SubElement(SubElement(polygon, "outerBoundaryIs"), "LinearRing")
        text_element(outer, "coordinates", " ".join(f"{lon:.8f},{lat:.8f}" for lon, lat in ring))


def _shown(photo: str | None, link: Link) -> str:
    address = None if photo is None else link(photo)
    return "" if address is None else f'<p><img src="{escape(address)}" width="320"/></p>'
