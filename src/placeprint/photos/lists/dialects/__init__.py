"""The forms in which programs write lists of photos, one a file: each becomes a `Sheet`."""
