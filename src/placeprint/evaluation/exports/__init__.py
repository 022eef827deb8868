"""Rankings and vectors, written in the formats that other tools read."""

from placeprint.evaluation.exports.hloc import write_hloc_features as write_hloc_features
from placeprint.evaluation.exports.hloc import write_hloc_pairs as write_hloc_pairs
from placeprint.formats.photo_names import names_below as names_below
from placeprint.formats.prediction_folder import write_prediction_folder as write_prediction_folder
from placeprint.formats.ranking_csv import write_ranking_csv as write_ranking_csv
from placeprint.formats.vector_files import write_vectors as write_vectors

__all__ = [
    "names_below",
    "write_hloc_features",
    "write_hloc_pairs",
    "write_prediction_folder",
    "write_ranking_csv",
    "write_vectors",
]
