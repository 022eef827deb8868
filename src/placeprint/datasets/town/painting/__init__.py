"""What the town's surfaces look like: walls, ornaments, ground and sky, as textures and colors."""
