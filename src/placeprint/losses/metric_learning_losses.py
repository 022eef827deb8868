"""Placeprint's losses as subclasses of pytorch-metric-learning's base class; needs that package."""

from typing import Any

import torch
from pytorch_metric_learning.losses import BaseMetricLossFunction
from pytorch_metric_learning.utils.loss_and_miner_utils import get_all_pairs_indices
from torch import Tensor, nn

from placeprint.networks.pooling.unit_vectors import unit

Indices = tuple[Tensor, ...]


class LabeledLoss(BaseMetricLossFunction):  # type: ignore[misc]
    """What both kinds share: the placeprint loss, and its value in the form PML expects."""

    def __init__(self, loss: nn.Module, **settings: Any) -> None:
        super().__init__(**settings)
        self.loss = loss

    def _reduced(self, value: Tensor) -> dict[str, Any]:
        return {"loss": {"losses": value, "indices": None, "reduction_type": "already_reduced"}}


class LabeledTupleLoss(LabeledLoss):
    """A loss over tuples built from labels or from a miner's output.

    See `placeprint.losses.to_pytorch_metric_learning`.
    """

    def compute_loss(
        self,
        embeddings: Tensor,
        labels: Tensor | None,
        indices_tuple: Indices | None,
        ref_emb: Tensor,
        ref_labels: Tensor | None,
    ) -> dict[str, Any]:
        """See `BaseMetricLossFunction.compute_loss`. Raises `ValueError` if there are neither labels nor
        indices.
        """
        if indices_tuple is None:
            if labels is None or ref_labels is None:
                raise ValueError("labels and indices_tuple cannot both be None")
            indices_tuple = get_all_pairs_indices(labels, None if ref_labels is labels else ref_labels)
        anchors, positives, negatives, mask = tuples(indices_tuple)
        if len(anchors) == 0:
            zero: dict[str, Any] = self.zero_losses()
            return zero
        queries = unit(embeddings)
        references = queries if ref_emb is embeddings else unit(ref_emb)
        return self._reduced(self.loss(queries[anchors], references[positives], references[negatives], mask))


class LabeledBatchLoss(LabeledLoss):
    """A loss `loss(embeddings, labels)` that does its own mining."""

    def compute_loss(
        self,
        embeddings: Tensor,
        labels: Tensor | None,
        indices_tuple: Indices | None,
        ref_emb: Tensor,
        ref_labels: Tensor | None,
    ) -> dict[str, Any]:
        """See `BaseMetricLossFunction.compute_loss`. Raises `ValueError` without labels, and for indices or
        references.
        """
        if labels is None or indices_tuple is not None or ref_emb is not embeddings:
            raise ValueError("this loss needs labels, does its own mining and takes no references")
        return self._reduced(self.loss(embeddings, labels))


def tuples(indices: Indices) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Anchors (t,), positives (t,), negatives (t, m) and their mask (t, m), from pairs or triplets.

    From pairs (anchors, positives, anchors, negatives): one tuple for each positive pair, with all negatives
    of its anchor. From triplets: one tuple for each (anchor, positive), with the negatives of both. Anchors
    without negatives give no tuple.
    """
    if len(indices) == 4:
        anchors, positives, others, negatives = indices
        owners, at = (anchors[:, None] == others).nonzero(as_tuple=True)
        negatives = negatives[at]
    else:
        pairs, owners = torch.unique(torch.stack(indices[:2], dim=1), dim=0, return_inverse=True)
        anchors, positives = pairs.unbind(dim=1)
        order = owners.argsort(stable=True)
        owners, negatives = owners[order], indices[2][order]
    sizes = torch.bincount(owners, minlength=len(anchors))
    widest = int(sizes.max()) if len(sizes) else 0
    mask = torch.arange(widest, device=sizes.device) < sizes[:, None]
    table = negatives.new_zeros(mask.shape)
    table[mask] = negatives
    usable = sizes > 0
    return anchors[usable], positives[usable], table[usable], mask[usable]
