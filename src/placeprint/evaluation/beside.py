"""Which published numbers are comparable with an evaluation's own."""

from placeprint.datasets import LAYOUTS, PlaceDataset, load_protocol, protocol_names
from placeprint.evaluation.published import PublishedResult, published
from placeprint.evaluation.result import Evaluation


def published_beside(evaluation: Evaluation) -> list[PublishedResult]:
    """Numbers for the same protocol, unchanged, on the same split at its published size; else none."""
    protocol = evaluation.protocol
    if protocol.name not in protocol_names() or load_protocol(protocol.name) != protocol:
        return []
    return published(protocol.name, evaluation.dataset.name) if _whole(evaluation.dataset) else []


def _whole(dataset: PlaceDataset) -> bool:
    layout, _, split = dataset.name.partition("/")
    counts = len(dataset.database), len(dataset.queries)
    return any(each.name == layout and each.published.get(split) == counts for each in LAYOUTS)
