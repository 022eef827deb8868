"""Layouts for your own photos, and for the lists and models of other programs."""
