"""Where metadata stands inside files of each kind: segments, chunks, boxes, directories."""
