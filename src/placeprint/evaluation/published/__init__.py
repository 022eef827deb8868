"""Published numbers, each with its source and the protocol it was measured by."""

from placeprint.evaluation.published.tables import UNKNOWN as UNKNOWN
from placeprint.evaluation.published.tables import PublishedResult as PublishedResult
from placeprint.evaluation.published.tables import published as published
from placeprint.evaluation.published.tables import published_all as published_all

__all__ = ["UNKNOWN", "PublishedResult", "published", "published_all"]
