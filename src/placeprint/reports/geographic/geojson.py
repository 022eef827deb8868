"""Answers as GeoJSON (RFC 7946): the estimate, the regions of 50 % and 90 %, the matched photos.

Each feature's `role` is "estimate", "radius 50", "radius 90" or "reference"; `query` and `answer`
(numbered from 1) say which belong together. A photo without a match is a feature whose geometry is
null (§3.2), with its reason.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from placeprint.artifact import replace_file
from placeprint.geo import GeoPoint
from placeprint.placemap.place import Answer, Match, Place
from placeprint.reports.formats import FORMATS
from placeprint.reports.geographic.geo_polygon import circle_rings
from placeprint.reports.text import legible

JSON = dict[str, Any]


def to_geojson(answers: Sequence[Answer]) -> JSON:
    """A FeatureCollection of all answers."""
    features = [feature for number, answer in enumerate(answers, 1) for feature in _features(number, answer)]
    return {"type": "FeatureCollection", "features": features}


@FORMATS.register(".geojson")
def write_geojson(path: str | Path, answers: Sequence[Answer]) -> None:
    """Write `to_geojson` as UTF-8."""
    text = json.dumps(to_geojson(answers), ensure_ascii=False, allow_nan=False, indent=1)
    replace_file(Path(path), text.encode())


def _features(number: int, answer: Answer) -> list[JSON]:
    told = answer.to_dict()
    own = {"answer": number, "query": legible(answer.query) or None}
    facts = {key: told[key] for key in ("status", "confidence", "verified", "reason")}
    features = []
    if isinstance(answer, Place):
        radii = {"radius_50_m": answer.radius_50, "radius_90_m": answer.radius_90}
        features.append(_feature(_point(answer.point), {**own, "role": "estimate", **facts, **radii}))
        for share, radius in (("90", answer.radius_90), ("50", answer.radius_50)):
            rings = circle_rings(answer.point, radius)
            if rings:
                about = {
                    **own,
                    "role": f"radius {share}",
                    "radius_m": radius,
                    "probability": int(share) / 100,
                }
                features.append(_feature(_polygon(rings), about))
    else:
        features.append(_feature(None, {**own, "role": "estimate", **facts}))
    features += [_reference(rank, match, own) for rank, match in enumerate(answer.matches, 1)]
    return features


def _reference(rank: int, match: Match, own: JSON) -> JSON:
    told = match.to_dict(rank)
    about = {key: told[key] for key in ("rank", "id", "heading", "distance", "inliers")}
    return _feature(_point(match.point), {**own, "role": "reference", "path": legible(match.path), **about})


def _feature(geometry: JSON | None, properties: JSON) -> JSON:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _point(point: GeoPoint) -> JSON:
    return {"type": "Point", "coordinates": [round(point.lon, 8), round(point.lat, 8)]}


def _polygon(rings: list[list[tuple[float, float]]]) -> JSON:
    if len(rings) == 1:
        return {"type": "Polygon", "coordinates": rings}
    return {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}
