"""Difficult positives (SFRS): those that the network misses and their neighbors do not."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float32, Int64, chunks
from placeprint.artifact import read_artifact, write_artifact
from placeprint.errors import FormatError
from placeprint.rerank.k_reciprocal import jaccard_distances
from placeprint.rerank.k_reciprocal_encoding import BLOCK, KReciprocalEncoding, k_reciprocal_encoding
from placeprint.rerank.k_reciprocal_presets import PRESETS, KReciprocal
from placeprint.training.images.inputs import Inputs
from placeprint.training.mining.descriptor_cache import DescriptorCache
from placeprint.training.mining.labels.weak_labels import WeakLabels
from placeprint.training.mining.nearest_among import nearest_among
from placeprint.training.mining.sampling import Describe, TupleSampling
from placeprint.training.mining.tuple_batch import DifficultBatch, TupleBatch, with_difficult
from placeprint.training.optimization.processes import Processes

KIND, VERSION = "difficult-positives", 1


def difficult_positives(
    by_feature: NDArray[np.integer[Any]],
    by_jaccard: NDArray[np.integer[Any]],
    keep: int = 10,
    pool: int = 20,
) -> Int64:
    """At most `keep` of the photos near the query by GPS: those that context ranks before appearance.

    `by_feature`: ids of the query's positives, nearest in descriptor space first; the first `pool` count.
    `by_jaccard`: ids nearest first by k-reciprocal distance (`placeprint.rerank.k_reciprocal`); others
    than the pool's are passed over. Let the photo at position i of the latter have rank r_i in the
    former. Photos with r_i > i come first, largest r_i − i first; then those with r_i = i; in ties the
    Jaccard order. Photos with r_i < i are dropped. Never empty where there is a positive, since r_0 ≥ 0.

    The rule of the authors' code of Ge et al., "Self-supervising Fine-grained Region Similarities", ECCV
    2020, with their 10 of 20. Raises `ValueError` where an id of the pool is not in `by_jaccard`, or
    where an id occurs twice.
    """
    near = np.asarray(by_feature, np.int64)[:pool]
    order = np.asarray(by_jaccard, np.int64)
    order = order[np.isin(order, near)]
    by_id = np.argsort(near)
    if not np.array_equal(np.sort(order), near[by_id]) or (np.diff(near[by_id]) == 0).any():
        raise ValueError("the two orders do not hold the same photos once each")
    ranks = by_id[np.searchsorted(near, order, sorter=by_id)]
    promoted = ranks - np.arange(len(order))
    chosen = np.argsort(-promoted, kind="stable")
    return order[chosen[promoted[chosen] >= 0]][:keep]


@dataclass(eq=False)
class DifficultMiner:
    """Difficult positives by the descriptors in `cache`: those of the database first, then of the queries.

    Neighborhoods are those among all training photos together. As in the code of Ge et al., ECCV 2020: of a
    query's `pool` potential positives nearest by descriptor, at most `keep` that k-reciprocal distances by
    `reranking` do not rank later; see `difficult_positives` and `k_reciprocal_rerank`.

    Memory: that of `k_reciprocal_encoding`, plus 64 MB of distances at a time; the descriptors stay on disk,
    except for a copy if some photos cannot be read. Time: all photos against all, once per refresh. The
    result is stored beside the descriptors, so that other processes and a resumed run only read it.
    """

    labels: WeakLabels
    cache: DescriptorCache
    keep: int = 10
    pool: int = 20
    reranking: KReciprocal = PRESETS["openibl"]
    _mined: tuple[str, Int64] | None = field(default=None, init=False, repr=False)

    @property
    def path(self) -> Path:
        """The file with the result for the current descriptors."""
        return self.cache.folder / "difficult.npz"

    def current(self, write: bool = False) -> Int64:
        """(q, keep) database rows by the descriptors that the cache now has, −1 if there are fewer; read if
        they have been mined already, else mined and, with `write`, stored.
        """
        said = self.cache.fingerprint or ""
        if self._mined is None or self._mined[0] != said:
            rows = self._stored(said)
            if rows is None:
                rows = self.mine()
                if write:
                    write_artifact(self.path, KIND, VERSION, {"vectors": said}, {"rows": rows})
            self._mined = (said, rows)
        return self._mined[1]

    def mine(self) -> Int64:
        """(q, keep) database rows, −1 if a query has fewer. Raises PlaceprintError for an empty cache."""
        vectors, queries = self.cache.vectors, self.labels.with_positives
        known = np.setdiff1d(np.arange(len(vectors)), self.cache.unreadable)
        queries = queries[np.isin(self.labels.query_images(queries), known)]
        if len(known) < len(vectors):
            vectors = vectors[known]
        place = np.full(len(self.cache), -1)
        place[known] = np.arange(len(known))
        encoding = k_reciprocal_encoding(vectors, self.reranking)
        found = np.full((len(self.labels), self.keep), -1, np.int64)
        for some in chunks(len(queries), max(1, BLOCK // max(len(known), 1))):
            of = place[self.labels.query_images(queries[some])]
            jaccard = jaccard_distances(encoding, of)
            for query, row, photo in zip(queries[some].tolist(), jaccard, of.tolist(), strict=True):
                chosen = self._of_query(query, row, photo, place, encoding)
                found[query, : len(chosen)] = chosen
        return found

    def _of_query(
        self,
        query: int,
        jaccard: Float32,
        photo: int,
        place: Int64,
        encoding: KReciprocalEncoding,
    ) -> Int64:
        (vector,) = self.cache.read(self.labels.query_images(np.array([query])))
        squared, near = nearest_among(vector, self.labels.positives[query], self.cache.read, self.pool)
        weight = self.reranking.distance_weight
        relative = self.reranking.relative(squared, encoding.farthest[photo, None])
        distances = (1 - weight) * jaccard[place[near]] + weight * relative
        return difficult_positives(near, near[np.argsort(distances, kind="stable")], self.keep, self.pool)

    def _stored(self, said: str) -> Int64 | None:
        try:
            config, arrays = read_artifact(self.path, KIND, VERSION)
        except FormatError:
            return None
        rows: Int64 = arrays.get("rows", np.zeros(0, np.int64))
        fits = config == {"vectors": said} and rows.shape == (len(self.labels), self.keep)
        return rows if fits else None


@dataclass(kw_only=True)
class DifficultSampling(TupleSampling):
    """Mined anew at each refresh, by process 0 while the others wait."""

    difficult: DifficultMiner

    def batches(self, epoch: int, start: int) -> Iterator[TupleBatch]:
        """The batches of `TupleSource`, with difficult positives in place of the last ones."""
        plain = super().batches(epoch, start)
        return map(self._with_difficult, plain)

    def refresh(self, step: int, inputs: Inputs, describe: Describe, processes: Processes) -> None:
        """Mine anew, difficult positives too; the first process mines for all."""
        super().refresh(step, inputs, describe, processes)
        if processes.first:
            self.difficult.current(write=True)
        processes.barrier()

    def _with_difficult(self, batch: TupleBatch) -> DifficultBatch:
        labels = self.difficult.labels
        asked = np.asarray(batch.images, np.int64)[batch.query]
        queries = asked if labels.one_list else asked - labels.database_size
        return with_difficult(batch, self.difficult.current()[queries])
