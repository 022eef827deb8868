"""Photos with known places: real data sets in the layouts people use, and a synthetic town."""

from placeprint.datasets.checking import DatasetCheck as DatasetCheck
from placeprint.datasets.checking import SplitCheck as SplitCheck
from placeprint.datasets.layout import LAYOUTS as LAYOUTS
from placeprint.datasets.layout import Layout as Layout
from placeprint.datasets.layouts.landmarks.distractors import with_distractors as with_distractors
from placeprint.datasets.layouts.own.table import from_table as from_table
from placeprint.datasets.photo_set import PhotoSet as PhotoSet
from placeprint.datasets.place_dataset import PlaceDataset as PlaceDataset
from placeprint.datasets.protocol import Protocol as Protocol
from placeprint.datasets.protocol import load_protocol as load_protocol
from placeprint.datasets.protocol import protocol_names as protocol_names
from placeprint.datasets.reading import check_dataset as check_dataset
from placeprint.datasets.reading import read_dataset as read_dataset
from placeprint.datasets.reading import recognize as recognize

__all__ = [
    "LAYOUTS",
    "DatasetCheck",
    "Layout",
    "PhotoSet",
    "PlaceDataset",
    "Protocol",
    "SplitCheck",
    "check_dataset",
    "from_table",
    "load_protocol",
    "protocol_names",
    "read_dataset",
    "recognize",
    "with_distractors",
]
