"""What every re-ranker does, and re-rankers by name."""

from collections.abc import Mapping
from typing import Any, Protocol

from placeprint.registry import Registry
from placeprint.rerank.candidates import Candidates


class References(Protocol):
    """What a re-ranker may ask about the candidates."""

    def value(self, column: str, id: int) -> Any:
        """What is kept of a reference under the name of a column: "vector", "local", ..."""
        ...


class Reranker(Protocol):
    """The best candidates of a query in a better order, with evidence.

    `spec`: the short text that makes it, which stands beside its numbers. `depth`: how many candidates it
    looks at; those behind keep their places. `needs`: the columns it reads of the query and of references.
    """

    @property
    def spec(self) -> str: ...

    @property
    def depth(self) -> int: ...

    @property
    def needs(self) -> frozenset[str]: ...

    def rerank(self, query: Mapping[str, Any], candidates: Candidates, references: References) -> Candidates:
        """The same candidates (`Candidates.reordered`). A column is read when its turn comes."""
        ...


RERANKERS: "Registry[Any]" = Registry("re-ranker", "placeprint.rerank", "placeprint.rerankers")
"""`RERANKERS.make("geometry:20")` makes a re-ranker."""
