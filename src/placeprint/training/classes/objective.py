"""A loss over the labeled photos of a batch, as the trainer minimizes it."""

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
        return inputs.forward(network, x)

    def begin(self, batch: ClassBatch, inputs: Inputs, x: Tensor, processes: Processes) -> None:
        return None

    def loss(self, vectors: Tensor, batch: ClassBatch) -> Tensor:
        value: Tensor = self.module(vectors, _labels(vectors, batch))
        return value

    @torch.no_grad()
    def statistics(self, vectors: Tensor, batch: ClassBatch) -> dict[str, Any]:
        """Mean distance of the pairs of one class, and of those of two."""
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
