"""Data sets of streets, towns and routes: visual place recognition."""
