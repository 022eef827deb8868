"""A protocol applied to a data set or a map: rankings, scores, comparisons, reports."""

from placeprint.evaluation.choosing import protocol_for as protocol_for
from placeprint.evaluation.choosing import published_beside as published_beside
from placeprint.evaluation.exporting import write_exports as write_exports
from placeprint.evaluation.map_run import MapEvaluation as MapEvaluation
from placeprint.evaluation.map_run import evaluate_map as evaluate_map
from placeprint.evaluation.method import Method as Method
from placeprint.evaluation.method import parse_method as parse_method
from placeprint.evaluation.predictions import read_predictions as read_predictions
from placeprint.evaluation.published import PublishedResult as PublishedResult
from placeprint.evaluation.ranking import Ranking as Ranking
from placeprint.evaluation.ranking import rank as rank
from placeprint.evaluation.report import write_report as write_report
from placeprint.evaluation.result import Evaluation as Evaluation
from placeprint.evaluation.result import MethodResult as MethodResult
from placeprint.evaluation.run import evaluate as evaluate
from placeprint.evaluation.scores import Score as Score
from placeprint.evaluation.table import print_evaluation as print_evaluation
from placeprint.evaluation.table import print_map_evaluation as print_map_evaluation

__all__ = [
    "Evaluation",
    "MapEvaluation",
    "Method",
    "MethodResult",
    "PublishedResult",
    "Ranking",
    "Score",
    "evaluate",
    "evaluate_map",
    "parse_method",
    "print_evaluation",
    "print_map_evaluation",
    "protocol_for",
    "published_beside",
    "rank",
    "read_predictions",
    "write_exports",
    "write_report",
]
