"""Answers in map formats: GeoJSON, KML, GPX."""
