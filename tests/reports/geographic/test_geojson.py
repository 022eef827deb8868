import json
from pathlib import Path

import pytest

from placeprint.geo import GeoPoint
from placeprint.placemap.place import Answer, Place
from placeprint.reports import to_geojson, write_geojson


def test_features_of_a_place_and_of_no_match(tmp_path: Path, answers: list[Answer]) -> None:
    write_geojson(tmp_path / "out.geojson", answers)
    told = json.loads((tmp_path / "out.geojson").read_bytes())
    assert told["type"] == "FeatureCollection"
    roles = [(f["properties"]["answer"], f["properties"]["role"]) for f in told["features"]]
    assert roles == [
        (1, "estimate"), (1, "radius 90"), (1, "radius 50"), (1, "reference"), (1, "reference"),
        (2, "estimate"), (2, "reference"), (3, "estimate"),
    ]  # fmt: skip
    members = {"type", "id", "geometry", "properties"}
    assert all(f["type"] == "Feature" and set(f) == members for f in told["features"])
    assert not any("id" in f["properties"] for f in told["features"])
    assert len({f["id"] for f in told["features"]}) == len(told["features"])
    assert told["features"][0]["geometry"] == {"type": "Point", "coordinates": [0.1219, 52.2053]}
    assert told["features"][5]["geometry"] is None
    assert told["features"][5]["properties"]["reason"].startswith("The most similar")
    assert told["features"][3]["properties"]["inliers"] == 2


def test_the_regions_have_the_radii(place: Place) -> None:
    _, outer, inner, *_ = to_geojson([place])["features"]
    for feature, radius, share in ((outer, 11.5, 0.9), (inner, 4.2, 0.5)):
        assert feature["properties"]["radius_m"] == radius
        assert feature["properties"]["probability"] == share
        (ring,) = feature["geometry"]["coordinates"]
        assert ring[0] == ring[-1]
        for lon, lat in ring:
            assert place.point.distance(GeoPoint(lat, lon)) == pytest.approx(radius, abs=0.005)


def test_a_region_across_the_antimeridian_is_cut_there(at_antimeridian: Place) -> None:
    _, outer, _ = to_geojson([at_antimeridian])["features"]
    assert outer["geometry"]["type"] == "MultiPolygon"
    spans = sorted((min(x for x, _ in r), max(x for x, _ in r)) for (r,) in outer["geometry"]["coordinates"])
    assert spans[0][0] == -180.0
    assert spans[1][1] == 180.0
    assert all(high - low < 0.01 for low, high in spans)


def test_the_box_is_the_narrowest_even_across_the_antimeridian(at_antimeridian: Place, place: Place) -> None:
    west, south, east, north = to_geojson([at_antimeridian])["bbox"]
    assert 179.99 < west < 180.0
    assert -180.0 < east < -179.99
    assert south < -17.0 < north
    west, south, east, north = to_geojson([place])["bbox"]
    assert west < 0.1219 < east < 0.123
    west, _, east, _ = to_geojson([at_antimeridian, place])["bbox"]
    assert (west < 0.1219) == (east < 0.0)  # from Cambridge eastwards to Fiji, just beyond 180
    nothing = to_geojson([])
    assert "bbox" not in nothing
    assert nothing["placeprint"]["placeprint"]
