"""Which protocol a data set is evaluated under where none is named."""

from placeprint.datasets import PlaceDataset, Protocol, load_protocol, protocol_names
from placeprint.errors import PlaceprintError

OWN = "own-photos"
"""The protocol of one's own geotagged photos."""


def protocol_for(dataset: PlaceDataset) -> Protocol:
    """The one protocol that the data set's numbers are published under, else `own-photos`.

    Raises PlaceprintError where there are several: their numbers cannot be compared, so a person chooses.
    """
    fitting = [p for p in map(load_protocol, protocol_names()) if dataset.name in p.published_for]
    if len(fitting) > 1:
        raise PlaceprintError(
            f"{dataset.name} is published under several protocols",
            f"Choose one: --protocol {' or '.join(p.name for p in fitting)}",
        )
    return fitting[0] if fitting else load_protocol(OWN)
