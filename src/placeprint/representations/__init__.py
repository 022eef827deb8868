"""What is stored about a photo: named columns of vectors, codes and local features, and their extractors."""

from placeprint.representations.column import ArraySpec as ArraySpec
from placeprint.representations.column import Column as Column
from placeprint.representations.column import ColumnKind as ColumnKind
from placeprint.representations.column import column_from_dict as column_from_dict
from placeprint.representations.extractor import EXTRACTORS as EXTRACTORS
from placeprint.representations.extractor import Extractor as Extractor
from placeprint.representations.kinds import Binary as Binary
from placeprint.representations.kinds import Blob as Blob
from placeprint.representations.kinds import Dense as Dense
from placeprint.representations.kinds import Local as Local
from placeprint.representations.kinds import Regional as Regional
from placeprint.representations.kinds import Sparse as Sparse
from placeprint.representations.kinds import SparseVector as SparseVector
from placeprint.representations.local import LocalExtractor as LocalExtractor
from placeprint.representations.recipe import VECTOR as VECTOR
from placeprint.representations.recipe import Recipe as Recipe
from placeprint.representations.recipe import VectorExtractor as VectorExtractor
from placeprint.representations.recipe import extractors_of as extractors_of
from placeprint.representations.representation import Representation as Representation

__all__ = [
    "EXTRACTORS",
    "VECTOR",
    "ArraySpec",
    "Binary",
    "Blob",
    "Column",
    "ColumnKind",
    "Dense",
    "Extractor",
    "Local",
    "LocalExtractor",
    "Recipe",
    "Regional",
    "Representation",
    "Sparse",
    "SparseVector",
    "VectorExtractor",
    "column_from_dict",
    "extractors_of",
]
