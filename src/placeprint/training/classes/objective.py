"""A loss over the labeled photos of a batch, in the form the trainer minimizes."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from placeprint.networks.place_network import PlaceNetwork
from placeprint.training.classes.sampler import ClassBatch
from placeprint.training.images.inputs import Inputs
from placeprint.training.optimization.processes import Processes


@dataclass(eq=False)
class ClassObjective:
    """`module(vectors (m, d), labels (m,))`."""

    module: nn.Module

    def vectors(self, network: PlaceNetwork, inputs: Inputs, x: Tensor) -> Tensor:
        """See `Objective.vectors`."""
        return inputs.forward(network, x)

    def begin(self, batch: ClassBatch, inputs: Inputs, x: Tensor, processes: Processes) -> None:
        """See `Objective.begin`; nothing to do."""
        return

    def loss(self, vectors: Tensor, batch: ClassBatch) -> Tensor:
        """See `Objective.loss`."""
        value: Tensor = self.module(vectors, _labels(vectors, batch))
        return value

    @torch.no_grad()
    def statistics(self, vectors: Tensor, batch: ClassBatch) -> dict[str, Any]:
        """Mean distance of pairs of the same class, and of pairs of different classes."""
        labels = _labels(vectors, batch)
        first, second = torch.triu_indices(len(vectors), len(vectors), 1, device=vectors.device)
        distances = (vectors[first] - vectors[second]).norm(dim=1)
        same = labels[first] == labels[second]
        return {
            "positive_distance": float(distances[same].mean()),
            "negative_distance": float(distances[~same].mean()),
        }


def _labels(vectors: Tensor, batch: ClassBatch) -> Tensor:
    return torch.from_numpy(batch.labels).to(vectors.device)
