"""Files of other programs, with reading and writing of each format in one place."""
