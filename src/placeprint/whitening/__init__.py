"""Whitening: fewer dimensions, and co-occurring ones no longer counted twice."""
