"""A pipeline as one short line of text: `DESCRIPTOR[+INDEX][+RE-RANKER...]`.

`lite0-netvlad`, `lite0-netvlad@256+geometry:50`, `city.npz+faiss:HNSW32+geometry+k-reciprocal`. It needs no
quoting in a shell and means the same for `build`, `locate`, `evaluate`, `learn` and in Python. A descriptor
is written as for `open_descriptor`; an index and re-rankers as `NAME[:VALUE][,KEY=VALUE...]`.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from placeprint.descriptors import Descriptor
from placeprint.errors import PlaceprintError
from placeprint.index import INDEXES
from placeprint.registry import split_options
from placeprint.rerank import RERANKERS, Reranker

EXACT = "exact"
EXAMPLES = "For example: lite0-netvlad, lite0-netvlad+geometry:50, city.npz+faiss:HNSW32+geometry"


@dataclass(frozen=True)
class PipelineSpec:
    """The parts of the text: `descriptor`, as for `open_descriptor`, or one; `rerankers`, in order."""

    descriptor: str | Descriptor
    index: str = EXACT
    rerankers: tuple[Reranker, ...] = ()

    @classmethod
    def of(cls, descriptor: "str | Descriptor", *stages: str) -> "PipelineSpec":
        """A descriptor with stages: `PipelineSpec.of(mine, "faiss:HNSW32", "geometry:20")`."""
        return replace(parse_pipeline("+".join(["", *stages])), descriptor=descriptor)

    def __repr__(self) -> str:
        return f"PipelineSpec({str(self)!r})"

    def __str__(self) -> str:
        name = self.descriptor if isinstance(self.descriptor, str) else self.descriptor.name
        return name + self.stages

    @property
    def stages(self) -> str:
        """Everything but the descriptor, as written after it: "" or "+geometry:20"."""
        index = [] if self.index == EXACT else [self.index]
        return "".join(f"+{stage}" for stage in [*index, *(stage.spec for stage in self.rerankers)])

    @property
    def needs(self) -> frozenset[str]:
        """The columns that the re-rankers read."""
        return frozenset().union(*(stage.needs for stage in self.rerankers))


def parse_pipeline(text: str) -> PipelineSpec:
    """Split the text into its parts. A path that contains a `+` is kept whole if there is such a file or
    folder.

    `+geometry:20` has stages only. Raises `PlaceprintError` for a stage that is neither an index nor a
    re-ranker, and for wrong options.
    """
    descriptor, *stages = _parts(text)
    index: str | None = None
    rerankers: list[Reranker] = []
    for stage in stages:
        name = split_options(stage)[0]
        if name in RERANKERS:
            rerankers.append(RERANKERS.make(stage))
        elif name in INDEXES:
            if index is not None or rerankers:
                raise PlaceprintError(f"{text!r}: {stage!r} must come right after the descriptor", EXAMPLES)
            index = stage
        else:
            raise PlaceprintError(
                f"{text!r}: {name!r} is neither an index ({', '.join(INDEXES)}) nor a re-ranker "
                f"({', '.join(RERANKERS)})",
                EXAMPLES,
            )
    return PipelineSpec(descriptor, index or EXACT, tuple(rerankers))


def _parts(text: str) -> list[str]:
    parts = [part.strip() for part in text.split("+")]
    for count in range(len(parts), 1, -1):
        whole = "+".join(parts[:count])
        try:
            if Path(whole).exists():
                return [whole, *parts[count:]]
        except (OSError, ValueError):
            continue
    return parts
