"""Data sets of landmarks and objects."""
