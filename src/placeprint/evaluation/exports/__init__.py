"""Rankings and vectors, written in the formats that other tools read."""

from placeprint.datasets.vector_files import write_vectors as write_vectors
from placeprint.evaluation.exports.hloc import write_hloc_features as write_hloc_features
from placeprint.evaluation.exports.hloc import write_hloc_pairs as write_hloc_pairs
from placeprint.evaluation.exports.names import names_below as names_below
from placeprint.evaluation.exports.prediction_folder import write_prediction_folder as write_prediction_folder
from placeprint.evaluation.exports.ranking_csv import write_ranking_csv as write_ranking_csv

__all__ = [
    "names_below",
    "write_hloc_features",
    "write_hloc_pairs",
    "write_prediction_folder",
    "write_ranking_csv",
    "write_vectors",
]
