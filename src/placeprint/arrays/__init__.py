"""Numeric arrays: dtypes, rows of unit length, chunks, distances, nearest rows."""

from placeprint.arrays.chunks import chunks as chunks
from placeprint.arrays.distances import paired_squared_distances as paired_squared_distances
from placeprint.arrays.distances import squared_distances as squared_distances
from placeprint.arrays.distances import squared_lengths as squared_lengths
from placeprint.arrays.dtypes import Bool as Bool
from placeprint.arrays.dtypes import Float32 as Float32
from placeprint.arrays.dtypes import Float64 as Float64
from placeprint.arrays.dtypes import Int32 as Int32
from placeprint.arrays.dtypes import Int64 as Int64
from placeprint.arrays.dtypes import Pixels as Pixels
from placeprint.arrays.dtypes import UInt8 as UInt8
from placeprint.arrays.nearest import Metric as Metric
from placeprint.arrays.nearest import nearest as nearest
from placeprint.arrays.nearest import nearest_rows as nearest_rows
from placeprint.arrays.unit_rows import unit_rows as unit_rows

__all__ = [
    "Bool",
    "Float32",
    "Float64",
    "Int32",
    "Int64",
    "Metric",
    "Pixels",
    "UInt8",
    "chunks",
    "nearest",
    "nearest_rows",
    "paired_squared_distances",
    "squared_distances",
    "squared_lengths",
    "unit_rows",
]
