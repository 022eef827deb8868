"""A place map on disk: segments of arrays, and one SQLite file that describes them."""
