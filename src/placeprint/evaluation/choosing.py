"""What is published for a data set: its protocol, and numbers comparable with new ones."""

from placeprint.datasets import LAYOUTS, PlaceDataset, Protocol, load_protocol, protocol_names
from placeprint.errors import PlaceprintError
from placeprint.evaluation.published import PublishedResult, published
from placeprint.evaluation.result import Evaluation

OWN = "own-photos"
"""The protocol for your own geotagged photos."""
EACH_OTHER = "own-photos-each-other"
"""The same where queries are in the database: none finds itself."""


def protocol_for(dataset: PlaceDataset) -> Protocol:
    """The one protocol under which numbers for this data set are published, else `own-photos`.

    Raises PlaceprintError if there are several: their numbers are not comparable, so a person has to choose.
    """
    fitting = [p for p in map(load_protocol, protocol_names()) if dataset.name in p.published_for]
    if len(fitting) > 1:
        raise PlaceprintError(
            f"{dataset.name} is published under several protocols",
            f"Choose one: --protocol {' or '.join(p.name for p in fitting)}",
        )
    if fitting:
        return fitting[0]
    return load_protocol(EACH_OTHER if any(map(len, dataset.itself(content=True))) else OWN)


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
