"""Answers in the formats of maps: GeoJSON, KML, GPX."""
