"""What a cell of a list means: numbers, angles, times, coordinates of a projection."""
