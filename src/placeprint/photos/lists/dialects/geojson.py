"""GeoJSON features (RFC 7946; QGIS's layer of geotagged photos) as rows."""

from collections.abc import Mapping
from typing import Any

from placeprint.photos.lists.sheet import GEOMETRY


def feature_row(feature: Mapping[str, Any]) -> dict[str, Any]:
    """The properties, and the geometry under its own name."""
    properties = feature.get("properties")
    row = dict(properties) if isinstance(properties, dict) else {}
    if feature.get("geometry") is not None:
        row[GEOMETRY] = feature["geometry"]
    return row


def feature_system(collection: Mapping[str, Any]) -> str | None:
    """The coordinate system that QGIS and GDAL still write (`crs`), unless it is longitude and latitude."""
    crs = collection.get("crs")
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    return name if isinstance(name, str) and not name.upper().endswith(("CRS84", ":4326")) else None
