"""NetVLAD and the layers built on it."""
