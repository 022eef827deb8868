"""Commands around a place map."""
