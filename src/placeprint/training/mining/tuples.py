"""Mining whole tuples: the query, its positive, its negatives, as rows of the data set; how hard they are."""

from dataclasses import dataclass

import numpy as np

from placeprint.arrays import Bool, Float32, Int64
from placeprint.training.mining.labels.positives import best_positives, random_positives
from placeprint.training.mining.labels.weak_labels import WeakLabels
from placeprint.training.mining.nearest_among import Read
from placeprint.training.mining.negatives import NegativeMiner
from placeprint.training.mining.tuple_batch import TupleBatch


@dataclass(frozen=True, eq=False)
class MinedTuples:
    """b tuples: query rows (b,), database rows of the positives (b,) and of n negatives each (b, n).

    `found` (b, n): there is such a negative (else its row is -1). `mask` (b, n): and the loss uses it.
    Squared distances by the descriptors at mining time, NaN if they were not computed.
    """

    queries: Int64
    positives: Int64
    negatives: Int64
    found: Bool
    mask: Bool
    squared_positive: Float32
    squared_negative: Float32

    def __len__(self) -> int:
        return len(self.queries)

    def violating(self, margin: float) -> Bool:
        """(b, n) where d_n² < d_p² + margin: the negatives for which a triplet loss is not 0."""
        return self.found & (self.squared_negative < self.squared_positive[:, None] + margin)


@dataclass(frozen=True)
class MiningStatistics:
    """Of some tuples, by the descriptors that they were mined with (distances, not squared; of unit
    vectors 0 to 2). Means of nothing are NaN.

    - `tuples`, `negatives`: how many, negatives outside the margin included.
    - `violating`: share of the negatives with d_n² < d_p² + margin.
    - `hard`: share of the tuples with at least one of these.
    - `positive_distance`, `negative_distance`: mean d_p of the tuples, mean d_n of the negatives.
    """

    tuples: int = 0
    negatives: int = 0
    violating: float = np.nan
    hard: float = np.nan
    positive_distance: float = np.nan
    negative_distance: float = np.nan

    def __add__(self, other: "MiningStatistics") -> "MiningStatistics":
        """Of both together."""
        tuples, negatives = (self.tuples, other.tuples), (self.negatives, other.negatives)
        return MiningStatistics(
            sum(tuples),
            sum(negatives),
            _mean(negatives, (self.violating, other.violating)),
            _mean(tuples, (self.hard, other.hard)),
            _mean(tuples, (self.positive_distance, other.positive_distance)),
            _mean(negatives, (self.negative_distance, other.negative_distance)),
        )


def mine_tuples(
    miner: NegativeMiner,
    epoch: int,
    queries: Int64,
    read_queries: Read | None = None,
    read_database: Read | None = None,
    violating_margin: float | None = None,
) -> MinedTuples:
    """The tuples of `queries` (b,); a query is left out if its photo, or all of its positives, have no
    vector.

    With `violating_margin` only the violating negatives count (triplet loss of NetVLAD: 0.1); SARE uses all.
    In mode "random" no vectors are read and the positive is random too; then a margin is a ValueError, as are
    missing vectors in the other modes.
    """
    labels = miner.labels
    if miner.mode == "random":
        if violating_margin is not None:
            raise ValueError("random negatives have no distances to compare with a margin")
        positives = random_positives(labels, queries, miner.seed, epoch)
        queries, positives = queries[positives >= 0], positives[positives >= 0]
        squared = np.full(len(queries), np.nan, np.float32)
        mined = miner.mine(epoch, queries)
    else:
        if read_queries is None or read_database is None:
            raise ValueError(f'mode "{miner.mode}" needs current vectors')
        vectors = read_queries(queries)
        positives, squared = best_positives(labels, queries, vectors, read_database)
        has = positives >= 0
        queries, vectors, positives, squared = queries[has], vectors[has], positives[has], squared[has]
        mined = miner.mine(epoch, queries, vectors, read_database)
    found = mined.rows >= 0
    tuples = MinedTuples(queries, positives, mined.rows, found, found, squared, mined.squared)
    if violating_margin is None:
        return tuples
    mask = tuples.violating(violating_margin)
    return MinedTuples(queries, positives, mined.rows, found, mask, squared, mined.squared)


def tuple_batch(tuples: MinedTuples, labels: WeakLabels) -> TupleBatch:
    """The tuples as a batch whose `images` are numbers in the joint list (`WeakLabels.query_images`),
    ascending, without duplicates. Masked negatives are not among the images; the query takes their place.
    """
    asked = labels.query_images(tuples.queries)
    negatives = np.where(tuples.mask, tuples.negatives, asked[:, None])
    images, where = np.unique(
        np.concatenate([asked, tuples.positives, negatives.ravel()]), return_inverse=True
    )
    query, positive, rest = np.split(where.astype(np.int64), [len(asked), 2 * len(asked)])
    return TupleBatch(images.tolist(), query, positive, rest.reshape(negatives.shape), tuples.mask)


def mining_statistics(tuples: MinedTuples, margin: float = 0.1) -> MiningStatistics:
    """Statistics of mined tuples; NaN throughout for random ones, which have no distances."""
    number, violating = int(tuples.found.sum()), tuples.violating(margin)
    known = bool(np.isfinite(tuples.squared_positive).all())
    return MiningStatistics(
        len(tuples),
        number,
        float(violating.sum()) / number if number and known else np.nan,
        float(violating.any(axis=1).mean()) if len(tuples) and known else np.nan,
        float(np.sqrt(tuples.squared_positive, dtype=np.float64).mean()) if len(tuples) else np.nan,
        float(np.sqrt(tuples.squared_negative[tuples.found], dtype=np.float64).mean()) if number else np.nan,
    )


def _mean(weights: tuple[int, int], values: tuple[float, float]) -> float:
    pairs = [(weight, value) for weight, value in zip(weights, values, strict=True) if weight]
    return sum(w * v for w, v in pairs) / sum(w for w, _ in pairs) if pairs else np.nan
