"""Which published numbers may stand beside an evaluation's own."""

from placeprint.datasets import LAYOUTS, PlaceDataset, load_protocol, protocol_names
from placeprint.evaluation.published import PublishedResult, published
from placeprint.evaluation.result import Evaluation


def published_beside(evaluation: Evaluation) -> list[PublishedResult]:
    """Numbers of the same protocol, unchanged, on the same split, as large as it was published; else none."""
    protocol = evaluation.protocol
    if protocol.name not in protocol_names() or load_protocol(protocol.name) != protocol:
        return []
    return published(protocol.name, evaluation.dataset.name) if _whole(evaluation.dataset) else []


def _whole(dataset: PlaceDataset) -> bool:
    layout, _, split = dataset.name.partition("/")
    counts = len(dataset.database), len(dataset.queries)
    return any(each.name == layout and each.published.get(split) == counts for each in LAYOUTS.values())
