"""Converting losses to and from pytorch-metric-learning (PML)."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from placeprint.errors import MissingExtraError
from placeprint.losses.tuple_loss import real_negatives
from placeprint.networks.pooling.unit_vectors import wide

if TYPE_CHECKING:
    from placeprint.losses.metric_learning_losses import LabeledLoss

Indices = tuple[Tensor, ...]


class FromPytorchMetricLearning(nn.Module):
    """A PML loss, with an optional PML miner, called as `loss(query, positive, negatives, mask)`.

    See `from_pytorch_metric_learning`. The PML loss is the submodule `loss`, so its parameters are trained
    too.
    """

    __call__: Callable[..., Tensor]

    def __init__(self, loss: nn.Module, miner: nn.Module | None = None) -> None:
        super().__init__()
        self.loss = loss
        self.miner = miner
        self._takes_references = _takes_references(loss)

    def forward(
        self, query: Tensor, positive: Tensor, negatives: Tensor, mask: Tensor | None = None
    ) -> Tensor:
        """The PML loss of the tuples (a scalar); for the shapes see `TupleLoss`."""
        real = real_negatives(query, positive, negatives, mask)
        with torch.autocast(query.device.type, enabled=False):
            # As in placeprint's own losses: the contents of padding must not overflow.
            query, positive = wide(query), wide(positive)
            negatives = wide(negatives).masked_fill(~real[..., None], 0)
            references = torch.cat([positive, negatives.flatten(0, 1)])
            miner = self.miner
            indices = _pairs(real) if miner is None else _mined(miner, query, positive, negatives, real)
            if self._takes_references:
                embeddings, settings = query, {"ref_emb": references}
            else:
                embeddings, settings = torch.cat([query, references]), {}
                anchors = _anchors(indices)
                indices = tuple(x if at in anchors else x + len(query) for at, x in enumerate(indices))
            loss: Tensor = self.loss(embeddings, indices_tuple=indices, **settings)
            return loss


def from_pytorch_metric_learning(
    loss: nn.Module, miner: nn.Module | None = None
) -> FromPytorchMetricLearning:
    """Train on tuples with a loss from pytorch-metric-learning, without class labels.

    The loss gets all embeddings and, as `indices_tuple`, the pairs of each tuple: one positive pair, and one
    negative pair for each real negative. Photos of different tuples are never compared, because GPS does not
    say that they show different places. Tuples without a negative contribute no pairs. The loss averages as
    it does by itself: over pairs, triplets or rows. A `GenericPairLoss` gets the queries as embeddings and
    the other photos as references (`ref_emb`), so that its rows are queries.

    Supported: losses that take pairs or triplets from `indices_tuple` and need no labels. In PML 2.9 these
    are TripletMarginLoss, ContrastiveLoss, NTXentLoss, SupConLoss, MultiSimilarityLoss, CircleLoss,
    LiftedStructureLoss, GeneralizedLiftedStructureLoss, TupletMarginLoss, IntraPairVarianceLoss,
    SignalToNoiseRatioContrastiveLoss, MarginLoss with a single β, HistogramLoss and
    ThresholdConsistentMarginLoss. PML's pair losses return 0 for a single triplet.

    Not supported, raising `ValueError`: losses that need labels (AngularLoss, NCALoss, NPairsLoss,
    FastAPLoss, SmoothAPLoss, PNPLoss, RankedListLoss, InstanceLoss, and all losses with proxies or a
    classifier, such as ArcFaceLoss, CosFaceLoss and ProxyAnchorLoss); and DynamicSoftMarginLoss, which
    without labels takes photos of other tuples as negatives. Losses with a different signature (VICRegLoss,
    PML's wrappers) do not work either.

    `miner` selects among the pairs of each tuple, and sees one tuple at a time: the query with label 0, and
    as references the positive with label 0 and the negatives with label 1.
    """
    return FromPytorchMetricLearning(loss, miner)


def to_pytorch_metric_learning(loss: nn.Module) -> "LabeledLoss":
    """SARE, or any other placeprint loss, as a pytorch-metric-learning loss: `loss(embeddings, labels)`.

    A loss over tuples gets one tuple for each positive pair, with the pair's anchor as the query. The pairs
    come either from the labels (all pairs, with all photos of other labels as negatives) or from a miner's
    `indices_tuple` (with the negatives of that anchor for pairs, of that anchor and positive for triplets).
    References (`ref_emb`) are allowed. Memory: tuples times negatives times d; use a miner for large batches.
    `PDDMLoss` and `BatchHardTripletLoss` get embeddings and labels; they do their own mining, so
    `indices_tuple` and references raise `ValueError`.

    Embeddings are first divided by their lengths, as PML's distances do. The placeprint loss does its own
    reduction, so PML's reducers see a single number. PML's wrappers CrossBatchMemory and SelfSupervisedLoss
    accept only PML's own losses. Raises `MissingExtraError` without pytorch-metric-learning.
    """
    try:
        from placeprint.losses.metric_learning_losses import LabeledBatchLoss, LabeledTupleLoss
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "pytorch_metric_learning":
            raise
        raise MissingExtraError("A loss for pytorch-metric-learning", "metric-learning") from error
    from placeprint.losses.batch_hard_triplet import BatchHardTripletLoss
    from placeprint.losses.pddm import PDDMLoss

    kind = LabeledBatchLoss if isinstance(loss, PDDMLoss | BatchHardTripletLoss) else LabeledTupleLoss
    return kind(loss)


def _mined(miner: nn.Module, query: Tensor, positive: Tensor, negatives: Tensor, real: Tensor) -> Indices:
    """The pairs or triplets the miner keeps, one tuple at a time."""
    b, n = real.shape
    kept: list[Indices] = []
    for i in range(b):
        rows = real[i].nonzero()[:, 0]
        if len(rows) == 0:
            continue
        references = torch.cat([positive[i : i + 1], negatives[i, rows]])
        labels = torch.ones(len(references), dtype=torch.int64, device=real.device)
        labels[0] = 0
        mined: Indices = miner(query[i : i + 1], labels[:1], references, labels)
        where = torch.cat([rows.new_tensor([i]), b + i * n + rows])
        kept.append(tuple(x + i if at in _anchors(mined) else where[x] for at, x in enumerate(mined)))
    if not kept:
        return _pairs(real)
    return tuple(torch.cat(parts) for parts in zip(*kept, strict=True))


def _pairs(real: Tensor) -> Indices:
    """(query, positive, query, negative) of all tuples with a negative; rows of positives come first."""
    b, n = real.shape
    tuples = real.any(dim=1).nonzero()[:, 0]
    owners, columns = real.nonzero(as_tuple=True)
    return tuples, tuples, owners, b + owners * n + columns


def _anchors(indices: Indices) -> tuple[int, ...]:
    """Which of the index arrays hold queries; triplets are (query, positive, negative)."""
    return (0,) if len(indices) == 3 else (0, 2)


def _takes_references(loss: nn.Module) -> bool:
    """Pair losses take references, and then average over queries; some other losses ignore references."""
    from pytorch_metric_learning.losses import DynamicSoftMarginLoss, GenericPairLoss

    if isinstance(loss, DynamicSoftMarginLoss):
        raise ValueError("DynamicSoftMarginLoss without labels takes other tuples' photos as negatives")
    return isinstance(loss, GenericPairLoss)
