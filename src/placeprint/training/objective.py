"""What a step minimizes, given the images of a batch."""

from dataclasses import asdict, dataclass
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor, nn

from placeprint.losses import tuple_statistics
from placeprint.networks.place_network import PlaceNetwork
from placeprint.training.batch import Batch
from placeprint.training.images.inputs import Inputs
from placeprint.training.mining.tuple_batch import TupleBatch
from placeprint.training.optimization.processes import Processes

B = TypeVar("B", bound=Batch, contravariant=True)


class Objective(Protocol[B]):
    """`module` holds the loss and its parameters, if any."""

    module: nn.Module

    def vectors(self, network: PlaceNetwork, inputs: Inputs, x: Tensor) -> Tensor:
        """What the loss needs from each image: (m, anything)."""
        ...

    def begin(self, batch: B, inputs: Inputs, x: Tensor, processes: Processes) -> None:
        """Called before the images of a batch are described; `x` is this process's share of them."""
        ...

    def loss(self, vectors: Tensor, batch: B) -> Tensor:
        """The loss of a batch, from the vectors of all its images."""

    def statistics(self, vectors: Tensor, batch: B) -> dict[str, Any]:
        """Numbers for the log."""
        ...


@dataclass(eq=False)
class TupleObjective:
    """A loss over tuples: `module(query, positive, negatives, mask)`."""

    module: nn.Module

    def vectors(self, network: PlaceNetwork, inputs: Inputs, x: Tensor) -> Tensor:
        """See `Objective.vectors`."""
        return inputs.forward(network, x)

    def begin(self, batch: TupleBatch, inputs: Inputs, x: Tensor, processes: Processes) -> None:
        """See `Objective.begin`; nothing to do."""
        return

    def loss(self, vectors: Tensor, batch: TupleBatch) -> Tensor:
        """See `Objective.loss`."""
        value: Tensor = self.module(*chosen(vectors, batch))
        return value

    def statistics(self, vectors: Tensor, batch: TupleBatch) -> dict[str, Any]:
        """See `Objective.statistics`."""
        return asdict(tuple_statistics(*chosen(vectors, batch)))


def chosen(vectors: Tensor, batch: TupleBatch) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """query (b, d), positive (b, d), negatives (b, n, d), mask (b, n) from the vectors (m, d) of a batch."""
    query, positive, negatives = (
        vectors[torch.from_numpy(rows).to(vectors.device)]
        for rows in (batch.query, batch.positive, batch.negatives)
    )
    return query, positive, negatives, torch.from_numpy(batch.mask).to(vectors.device)
