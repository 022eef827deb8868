"""From a query to a ranked list: retrieve, then re-rank. Used alike by maps, evaluations and benchmarks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from placeprint.arrays import Bool, Int64
from placeprint.rerank import Candidates, References, Reranker
from placeprint.retrieval.retriever import Retriever


@dataclass(frozen=True)
class Pipeline:
    """`retriever` finds candidates among the references; `rerankers` reorder them one after another."""

    retriever: Retriever
    rerankers: Sequence[Reranker] = ()

    @property
    def depth(self) -> int:
        """The most candidates examined by any re-ranker."""
        return max((stage.depth for stage in self.rerankers), default=0)

    def search(
        self,
        query: Mapping[str, Any],
        references: References,
        k: int,
        allowed: Int64 | Bool | None = None,
    ) -> Candidates:
        """The ranked list of one query: `k` retrieved, then re-ranked."""
        (candidates,) = self.retriever.retrieve([query], k, allowed)
        return self.rerank(query, candidates, references)

    def rerank(self, query: Mapping[str, Any], candidates: Candidates, references: References) -> Candidates:
        """Apply all re-rankers, one after another."""
        for stage in self.rerankers:
            candidates = stage.rerank(query, candidates, references)
        return candidates
