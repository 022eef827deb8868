"""Data sets: photos with ground truth, and a synthetic town (`placeprint.datasets.town`)."""
