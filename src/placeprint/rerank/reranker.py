"""The interface of every re-ranker, and re-rankers by name."""

from collections.abc import Mapping
from typing import Any, Protocol

from placeprint.registry import Registry
from placeprint.rerank.candidates import Candidates


class References(Protocol):
    """What a re-ranker may request about the candidates."""

    def value(self, column: str, id: int) -> Any:
        """What is stored of a reference under the name of a column: "vector", "local", ..."""
        ...


class Reranker(Protocol):
    """Puts the best candidates of a query in a better order, with evidence.

    `spec`: the short text that creates it, shown with its results. `depth`: how many candidates it examines;
    those behind keep their places. `needs`: the columns it reads from the query and from references.
    """

    @property
    def spec(self) -> str:
        """The short text that creates it."""

    @property
    def depth(self) -> int:
        """How many candidates it examines."""

    @property
    def needs(self) -> frozenset[str]:
        """The columns it reads from the query and from references."""

    def rerank(self, query: Mapping[str, Any], candidates: Candidates, references: References) -> Candidates:
        """The same candidates, reordered (`Candidates.reordered`). Columns are read on demand."""
        ...


RERANKERS: "Registry[Any]" = Registry("re-ranker", "placeprint.rerank", "placeprint.rerankers")
"""`RERANKERS.make("geometry:20")` creates a re-ranker."""
