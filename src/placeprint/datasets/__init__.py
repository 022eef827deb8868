"""Photos with known places: real data sets in the layouts people have, and a synthetic town."""

from placeprint.datasets.place_dataset import PlaceDataset as PlaceDataset
from placeprint.datasets.place_dataset import from_table as from_table

__all__ = ["PlaceDataset", "from_table"]
