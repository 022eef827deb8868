"""Evaluation metrics: arrays in, numbers out."""

from placeprint.metrics.bootstrap import PairedDifference as PairedDifference
from placeprint.metrics.bootstrap import bootstrap_interval as bootstrap_interval
from placeprint.metrics.bootstrap import paired_test as paired_test
from placeprint.metrics.calibration import Reliability as Reliability
from placeprint.metrics.calibration import brier_score as brier_score
from placeprint.metrics.calibration import coverage as coverage
from placeprint.metrics.calibration import negative_log_likelihood as negative_log_likelihood
from placeprint.metrics.calibration import reliability as reliability
from placeprint.metrics.localization import area_to_truth as area_to_truth
from placeprint.metrics.localization import error_percentiles as error_percentiles
from placeprint.metrics.localization import recall_over_distance as recall_over_distance
from placeprint.metrics.neighbor_overlap import nearest_recall_at as nearest_recall_at
from placeprint.metrics.neighbor_overlap import neighbor_overlap as neighbor_overlap
from placeprint.metrics.nmi import nmi as nmi
from placeprint.metrics.ranking.average_precision import average_precision as average_precision
from placeprint.metrics.ranking.average_precision import average_precisions as average_precisions
from placeprint.metrics.ranking.average_precision import mean_average_precision as mean_average_precision
from placeprint.metrics.ranking.class_retrieval import class_recall_at as class_recall_at
from placeprint.metrics.ranking.landmark_retrieval import global_average_precision as global_average_precision
from placeprint.metrics.ranking.landmark_retrieval import (
    landmark_mean_average_precision as landmark_mean_average_precision,
)
from placeprint.metrics.ranking.ns_score import ns_score as ns_score
from placeprint.metrics.ranking.precision_recall import PrecisionRecall as PrecisionRecall
from placeprint.metrics.ranking.precision_recall import precision_recall as precision_recall
from placeprint.metrics.ranking.ranks import positive_ranks as positive_ranks
from placeprint.metrics.ranking.recall import first_hits as first_hits
from placeprint.metrics.ranking.recall import recall_at as recall_at
from placeprint.metrics.ranking.retrieval_precision import precision_at as precision_at
from placeprint.metrics.ranking.retrieval_precision import r_precision as r_precision
from placeprint.metrics.ranking.retrieval_precision import retrieval_recall_at as retrieval_recall_at
from placeprint.metrics.ranking.revisited import Revisited as Revisited
from placeprint.metrics.ranking.revisited import RevisitedSetup as RevisitedSetup
from placeprint.metrics.ranking.revisited import revisited as revisited
from placeprint.metrics.search_area import area_searched as area_searched
from placeprint.metrics.search_area import recall_over_area as recall_over_area
from placeprint.metrics.search_area import union_of_discs as union_of_discs

__all__ = [
    "PairedDifference",
    "PrecisionRecall",
    "Reliability",
    "Revisited",
    "RevisitedSetup",
    "area_searched",
    "area_to_truth",
    "average_precision",
    "average_precisions",
    "bootstrap_interval",
    "brier_score",
    "class_recall_at",
    "coverage",
    "error_percentiles",
    "first_hits",
    "global_average_precision",
    "landmark_mean_average_precision",
    "mean_average_precision",
    "nearest_recall_at",
    "negative_log_likelihood",
    "neighbor_overlap",
    "nmi",
    "ns_score",
    "paired_test",
    "positive_ranks",
    "precision_at",
    "precision_recall",
    "r_precision",
    "recall_at",
    "recall_over_area",
    "recall_over_distance",
    "reliability",
    "retrieval_recall_at",
    "revisited",
    "union_of_discs",
]
