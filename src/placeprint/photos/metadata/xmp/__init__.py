"""XMP: packets inside photos and sidecars beside them, and the schemas that say where a photo was taken."""
