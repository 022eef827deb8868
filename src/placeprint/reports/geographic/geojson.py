"""Answers as GeoJSON (RFC 7946): the estimate, the regions of 50 % and 90 %, the matched photos.

Each feature's `role` is "estimate", "radius 50", "radius 90" or "reference"; `query` and `answer`
(numbered from 1) say which belong together, and the feature's `id` is unique in the file. A photo without a
match is a feature whose geometry is null (§3.2), with its reason. A region across the antimeridian is cut
there (§3.1.9), and then the west of `bbox` is greater than its east (§5.2). `placeprint` is a foreign member
(§6.1): how the answers came about.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from placeprint.artifact import replace_file
from placeprint.geo import GeoPoint
from placeprint.placemap.place import Answer, Match, Place
from placeprint.reports.context import ReportContext
from placeprint.reports.formats import FORMATS
from placeprint.reports.geographic.bounds import bounding_box
from placeprint.reports.geographic.geo_polygon import circle_rings
from placeprint.reports.names import Names
from placeprint.reports.text import legible, map_link

JSON = dict[str, Any]


def to_geojson(answers: Sequence[Answer], context: ReportContext | None = None) -> JSON:
    """A FeatureCollection of all answers."""
    context, names = context or ReportContext(), Names.of(answers)
    features = []
    for number, answer in enumerate(answers, 1):
        features += _features(number, answer, names, context.digest(answer))
    collection: JSON = {"type": "FeatureCollection", "placeprint": context.provenance(), "features": features}
    box = bounding_box([feature["geometry"] for feature in features if feature["geometry"]])
    return collection if box is None else collection | {"bbox": box}


@FORMATS.register(".geojson")
def write_geojson(path: str | Path, answers: Sequence[Answer], context: ReportContext | None = None) -> None:
    """Write `to_geojson` as UTF-8."""
    text = json.dumps(to_geojson(answers, context), ensure_ascii=False, allow_nan=False, indent=1)
    replace_file(Path(path), text.encode())


def _features(number: int, answer: Answer, names: Names, digest: str | None) -> list[JSON]:
    told = answer.to_dict()
    own = {"answer": number, "query": legible(answer.query) or None, "name": names.query(answer)}
    kept = ("status", "confidence", "verified", "reason", "orientation")
    facts = {key: told[key] for key in kept} | {"sha256": digest, "in_map": legible(told["in_map"]) or None}
    features = []
    if isinstance(answer, Place):
        facts |= {"radius_50_m": answer.radius_50, "radius_90_m": answer.radius_90}
        facts["map_link"] = map_link(answer.point.lat, answer.point.lon)
        features.append(_feature(f"{number}", _point(answer.point), {**own, "role": "estimate", **facts}))
        for share, radius in (("90", answer.radius_90), ("50", answer.radius_50)):
            rings = circle_rings(answer.point, radius)
            if rings:
                about = {"role": f"radius {share}", "radius_m": radius, "probability": int(share) / 100}
                features.append(_feature(f"{number}-radius-{share}", _polygon(rings), {**own, **about}))
    else:
        features.append(_feature(f"{number}", None, {**own, "role": "estimate", **facts}))
    features += [_reference(number, rank, match, own, names) for rank, match in enumerate(answer.matches, 1)]
    return features


def _reference(number: int, rank: int, match: Match, own: JSON, names: Names) -> JSON:
    told = match.to_dict(rank)
    about = {key: told[key] for key in ("rank", "heading", "distance", "inliers")}
    about |= {"photo": told["id"], "path": legible(match.path), "reference_name": names.reference(match.path)}
    # Not as a property "id": some programs take that for the feature's.
    return _feature(f"{number}-reference-{rank}", _point(match.point), {**own, "role": "reference", **about})


def _feature(id: str, geometry: JSON | None, properties: JSON) -> JSON:
    return {"type": "Feature", "id": id, "geometry": geometry, "properties": properties}


def _point(point: GeoPoint) -> JSON:
    return {"type": "Point", "coordinates": [round(point.lon, 8), round(point.lat, 8)]}


def _polygon(rings: list[list[tuple[float, float]]]) -> JSON:
    if len(rings) == 1:
        return {"type": "Polygon", "coordinates": rings}
    return {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}
