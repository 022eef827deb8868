"""Losses: SARE and the losses it is compared with, called as `loss(query (b, d), positive (b, d), negatives
(b, n, d))`.
"""

from placeprint.losses.batch_hard_triplet import BatchHardTripletLoss as BatchHardTripletLoss
from placeprint.losses.contrastive import ContrastiveLoss as ContrastiveLoss
from placeprint.losses.hard_quadruplet import hard_quadruplet as hard_quadruplet
from placeprint.losses.metric_learning import from_pytorch_metric_learning as from_pytorch_metric_learning
from placeprint.losses.metric_learning import to_pytorch_metric_learning as to_pytorch_metric_learning
from placeprint.losses.pddm import PDDM as PDDM
from placeprint.losses.pddm import PDDMLoss as PDDMLoss
from placeprint.losses.region_similarity import GENERATION_TEMPERATURES as GENERATION_TEMPERATURES
from placeprint.losses.region_similarity import SOFT_WEIGHT as SOFT_WEIGHT
from placeprint.losses.region_similarity import hardest_region as hardest_region
from placeprint.losses.region_similarity import region_similarity as region_similarity
from placeprint.losses.region_similarity import soft_cross_entropy as soft_cross_entropy
from placeprint.losses.registry import LOSSES as LOSSES
from placeprint.losses.sare import SARELoss as SARELoss
from placeprint.losses.statistics import TupleStatistics as TupleStatistics
from placeprint.losses.statistics import tuple_statistics as tuple_statistics
from placeprint.losses.triplet import TripletLoss as TripletLoss
from placeprint.losses.tuple_loss import TupleLoss as TupleLoss

__all__ = [
    "GENERATION_TEMPERATURES",
    "LOSSES",
    "PDDM",
    "SOFT_WEIGHT",
    "BatchHardTripletLoss",
    "ContrastiveLoss",
    "PDDMLoss",
    "SARELoss",
    "TripletLoss",
    "TupleLoss",
    "TupleStatistics",
    "from_pytorch_metric_learning",
    "hard_quadruplet",
    "hardest_region",
    "region_similarity",
    "soft_cross_entropy",
    "to_pytorch_metric_learning",
    "tuple_statistics",
]
