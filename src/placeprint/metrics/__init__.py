"""Arrays in, numbers out."""

from placeprint.metrics.calibration import Reliability as Reliability
from placeprint.metrics.calibration import coverage as coverage
from placeprint.metrics.calibration import reliability as reliability
from placeprint.metrics.recall import recall_at as recall_at

__all__ = ["Reliability", "coverage", "recall_at", "reliability"]
