"""Layouts of one's own photos, and of the lists and models of other programs."""
