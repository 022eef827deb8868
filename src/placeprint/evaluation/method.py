"""What is evaluated: a descriptor, and what puts its candidates into a better order."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from placeprint.arrays import Float32, Int64
from placeprint.descriptors import Descriptor, open_descriptor
from placeprint.descriptors.extraction import View
from placeprint.errors import PlaceprintError
from placeprint.evaluation.geometry import Geometry


class Reranker(Protocol):
    """Puts the best candidates of a query into a better order."""

    @property
    def name(self) -> str: ...

    @property
    def depth(self) -> int:
        """How many candidates it looks at; those behind keep their places."""
        ...

    @property
    def recipe(self) -> dict[str, Any]:
        """What must stand beside its numbers, as JSON."""
        ...

    def rerank(self, query: View, candidates: Sequence[View], distances: Float32) -> tuple[Int64, float]:
        """(a permutation of the candidates, best first; a confidence in the new best, more is surer)."""
        ...


@dataclass(frozen=True)
class Method:
    """A descriptor with or without a re-ranker, under the name that tables show."""

    name: str
    descriptor: Descriptor
    reranker: Reranker | None = None


def parse_method(text: str) -> Method:
    """A method from `DESCRIPTOR[+geometry[:DEPTH]]`: "lite0-netvlad", "city.npz+geometry:50".

    Raises PlaceprintError for anything else, and as `open_descriptor` does.
    """
    source, plus, reranker = text.partition("+")
    descriptor = open_descriptor(source.strip())
    shown = source.strip() if not Path(source).is_file() else f"{descriptor.name} ({Path(source).name})"
    if not plus:
        return Method(shown, descriptor)
    kind, _, depth = reranker.strip().partition(":")
    if kind != "geometry" or (depth and not (depth.isdecimal() and int(depth) > 0)):
        raise PlaceprintError(
            f"{text!r} is not a method", "For example: lite0-netvlad, lite0-netvlad+geometry:50"
        )
    geometry = Geometry(int(depth)) if depth else Geometry()
    return Method(f"{shown} + {geometry.name}", descriptor, geometry)
