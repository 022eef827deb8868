"""What a step of SFRS minimizes: SARE against the hardest regions, and the teacher's ranking of regions."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from placeprint.errors import PlaceprintError
from placeprint.losses import hardest_region, region_similarity, soft_cross_entropy, tuple_statistics
from placeprint.networks.place_network import PlaceNetwork, WhiteningLayer
from placeprint.networks.pooling import GatedNetVLAD, NetVLAD, Pooling
from placeprint.networks.pooling.unit_vectors import wide
from placeprint.networks.pooling.vlad.region_vlad import REGIONS, region_vlads
from placeprint.training.images.inputs import Inputs
from placeprint.training.mining.tuple_batch import DifficultBatch, TupleBatch
from placeprint.training.network.whitening import projected
from placeprint.training.objective import chosen
from placeprint.training.optimization.processes import Processes


class RegionPooling(Pooling):
    """The vectors of the nine regions, one after the other: (n, 9 · K·D); see `region_vlads`."""

    def __init__(self, layer: NetVLAD | GatedNetVLAD) -> None:
        super().__init__()
        self.layer = layer
        self.out_dim = len(REGIONS) * layer.out_dim

    def forward(self, features: Tensor) -> Tensor:
        """See `region_vlads`."""
        return region_vlads(features, self.layer).flatten(1)


def regional(network: PlaceNetwork) -> PlaceNetwork:
    """The same network, sharing weights, with the vectors of its regions as output. Raises PlaceprintError if
    it does not end with NetVLAD.
    """
    if not isinstance(network.pooling, NetVLAD | GatedNetVLAD) or network.whitening is not None:
        raise PlaceprintError(
            "SFRS needs a network that ends with NetVLAD: the vectors of regions are sums of its residuals",
            "Set network.architecture.pooling.name to netvlad, or train with another loss",
        )
    return PlaceNetwork(network.backbone, RegionPooling(network.pooling))


@dataclass(eq=False)
class Teacher:
    """The network at the end of the previous generation, with fixed weights. `temperature` τ sharpens its
    ranking of regions, `weight` λ is that of the soft loss. `chunk`: images it describes at once.
    `projection`: its whitening, if the student's loss is computed on whitened vectors.
    """

    network: PlaceNetwork
    temperature: float
    weight: float
    chunk: int | None = None
    running: Callable[[], torch.autocast] = field(
        repr=False, default=lambda: torch.autocast("cpu", enabled=False)
    )
    projection: WhiteningLayer | None = None

    def __post_init__(self) -> None:
        self.network = regional(self.network).eval().requires_grad_(False)

    @torch.no_grad()
    def scores(self, batch: DifficultBatch, inputs: Inputs, x: Tensor, processes: Processes) -> Tensor:
        """Dot products (b, p, 9) of the whole query with the regions of its difficult positives.

        `x` is this process's share of the batch's images; only the needed ones are described.
        """
        needed = np.unique(np.concatenate([batch.query, batch.difficult.ravel()]))
        # x lacks the photos that could not be read, so no process knows where its share begins.
        _, mine = processes.gather(torch.zeros(len(x), 1, device=x.device) if len(x) else None)
        wanted = np.isin(np.arange(mine.start, mine.stop), needed)
        share = x[torch.from_numpy(wanted).to(x.device)]
        with self.running():
            parts = torch.split(share, self.chunk or len(share)) if len(share) else ()
            found = [wide(inputs.forward(self.network, part)) for part in parts]
        vectors, _ = processes.gather(torch.cat(found) if found else None)
        regions = _of_regions(projected(self.projection, vectors))
        query, difficult = (
            regions[torch.from_numpy(np.searchsorted(needed, rows)).to(vectors.device)]
            for rows in (batch.query, batch.difficult)
        )
        return region_similarity(query[:, :1], difficult)[:, :, 0]


@dataclass(eq=False)
class RegionObjective:
    """L = SARE + λ · soft cross-entropy; Ge et al., ECCV 2020, sections 3.2 and 3.3, as in their code.

    Without a `teacher`, in generation 0, only `module` (SARE, independent) on whole photos. With a teacher,
    `module` compares the whole query with the whole positive and, for each negative, with its most similar
    region; and the student learns the teacher's ranking of all regions of the query's difficult positives.
    The batches are then `DifficultBatch`es.

    The teacher is in evaluation mode; in the authors' code it is in training mode, which is equivalent for
    networks without dropout and batch norm, such as their VGG16.
    """

    module: nn.Module
    teacher: Teacher | None = None
    student_temperature: float = 0.07
    _scores: Tensor | None = field(default=None, init=False, repr=False)
    _parts: dict[str, float] = field(default_factory=dict, init=False, repr=False)

    def vectors(self, network: PlaceNetwork, inputs: Inputs, x: Tensor) -> Tensor:
        """(m, 9 · K·D) of m images, region after region."""
        return inputs.forward(regional(network), x)

    def begin(self, batch: TupleBatch, inputs: Inputs, x: Tensor, processes: Processes) -> None:
        """See `Objective.begin`; computes the teacher's scores."""
        if self.teacher is not None:
            assert isinstance(batch, DifficultBatch)
            self._scores = self.teacher.scores(batch, inputs, x, processes)

    def loss(self, vectors: Tensor, batch: TupleBatch) -> Tensor:
        """See `Objective.loss`."""
        regions = _of_regions(vectors)
        query, positive, negatives, mask = chosen(regions, batch)
        whole = query[:, 0]
        hardest = negatives[:, :, 0] if self.teacher is None else hardest_region(whole, negatives)
        image: Tensor = self.module(whole, positive[:, 0], hardest, mask)
        self._parts = {"image_loss": float(image.detach())}
        if self.teacher is None:
            return image
        soft = self._soft(regions, query, batch, self.teacher.temperature)
        self._parts["soft_loss"] = float(soft.detach())
        return image + self.teacher.weight * soft

    def statistics(self, vectors: Tensor, batch: TupleBatch) -> dict[str, Any]:
        """Statistics of the whole photos, and both parts of the loss."""
        query, positive, negatives, mask = chosen(_of_regions(vectors)[:, 0], batch)
        return asdict(tuple_statistics(query, positive, negatives, mask)) | self._parts

    def _soft(self, regions: Tensor, query: Tensor, batch: TupleBatch, temperature: float) -> Tensor:
        assert isinstance(batch, DifficultBatch)
        assert self._scores is not None
        difficult = regions[torch.from_numpy(batch.difficult).to(regions.device)]
        scores = region_similarity(query[:, :1], difficult)[:, :, 0]
        mask = torch.from_numpy(batch.difficult_mask).to(regions.device)
        return soft_cross_entropy(scores, self._scores, temperature, self.student_temperature, mask)


def _of_regions(vectors: Tensor) -> Tensor:
    """(m, 9 · d) to (m, 9, d)."""
    return vectors.reshape(len(vectors), len(REGIONS), -1)
