"""The default protocol of a data set."""

from placeprint.datasets import PlaceDataset, Protocol, load_protocol, protocol_names
from placeprint.errors import PlaceprintError

OWN = "own-photos"
"""The protocol for your own geotagged photos."""


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
    return fitting[0] if fitting else load_protocol(OWN)
