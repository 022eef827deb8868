"""Files of other programs, each format once: reading and writing side by side."""
