"""Whitening: fewer dimensions, co-occurring ones no longer counted twice."""
