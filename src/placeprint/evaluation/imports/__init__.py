"""Rankings and vectors of other tools, read as rows of a data set."""

from placeprint.evaluation.imports.hloc import read_hloc_features as read_hloc_features
from placeprint.evaluation.imports.hloc import read_hloc_pairs as read_hloc_pairs
from placeprint.evaluation.imports.prediction_folder import read_prediction_folder as read_prediction_folder
from placeprint.evaluation.imports.predictions import read_predictions as read_predictions
from placeprint.evaluation.imports.ranking_csv import read_ranking_csv as read_ranking_csv
from placeprint.evaluation.imports.row_numbers import read_row_numbers as read_row_numbers

__all__ = [
    "read_hloc_features",
    "read_hloc_pairs",
    "read_prediction_folder",
    "read_predictions",
    "read_ranking_csv",
    "read_row_numbers",
]
