"""What is evaluated: a pipeline, and the columns of photos that its stages read."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from placeprint.arrays import Float32
from placeprint.descriptors import Descriptor, open_descriptor
from placeprint.descriptors.extraction import View
from placeprint.errors import PlaceprintError
from placeprint.representations import VECTOR, Representation, extractors_of
from placeprint.retrieval import PipelineSpec, parse_pipeline

KEPT = 2000
"""How many photos' columns are kept in memory: local features take about 300 MB."""


@dataclass(frozen=True)
class Method:
    """A pipeline with an opened descriptor, under the name shown in tables."""

    name: str
    descriptor: Descriptor
    spec: PipelineSpec = field(default_factory=lambda: PipelineSpec(""))

    @property
    def described(self) -> dict[str, Any]:
        """What must be stated along with its numbers, as JSON."""
        extractors = extractors_of(self.spec.needs)
        return {
            "pipeline": f"{self.descriptor.name}{self.spec.stages}",
            "descriptor": {
                "name": self.descriptor.name,
                "fingerprint": self.descriptor.fingerprint,
                "dim": self.descriptor.dim,
                "recipe": self.descriptor.recipe,
            },
            "index": self.spec.index,
            "rerankers": [{"spec": stage.spec, **_settings(stage)} for stage in self.spec.rerankers],
            "columns": {name: extractor.to_dict() for name, extractor in extractors.items()},
        }


def parse_method(text: str) -> Method:
    """A method from a pipeline: "lite0-netvlad", "city.npz+geometry:50" (`parse_pipeline`).

    Raises PlaceprintError for anything else, and as `open_descriptor` does.
    """
    spec = parse_pipeline(text)
    source = str(spec.descriptor)
    if not source:
        raise PlaceprintError(f"{text!r} has no descriptor", "For example: lite0-netvlad+geometry:50")
    descriptor = open_descriptor(source)
    shown = source if not Path(source).is_file() else f"{descriptor.name} ({Path(source).name})"
    return Method(" + ".join([shown, *spec.stages.split("+")[1:]]), descriptor, spec)


class Side:
    """The columns of the photos of one side of a data set: vectors as extracted; the others are computed from
    a photo on first use, and the last `KEPT` of them are kept. Row numbers are the ids.
    """

    def __init__(self, views: Sequence[View], vectors: Float32, spec: PipelineSpec) -> None:
        self._views, self._vectors = views, vectors
        self._extractors = extractors_of(spec.needs)
        self._kept: OrderedDict[tuple[str, View], Any] = OrderedDict()
        self._lock = Lock()

    def __getitem__(self, row: int) -> Mapping[str, Any]:
        """A photo as a query."""
        makers = {name: lambda name=name: self.value(name, row) for name in [VECTOR, *self._extractors]}
        return Representation(makers=makers)

    def value(self, column: str, id: int) -> Any:
        """See `rerank.References`. Every view here has been described before, so it can be read."""
        if column == VECTOR:
            return self._vectors[id]
        key = column, self._views[id]
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        found = self._extractors[column].extract(self._views[id].load())[column]
        with self._lock:
            self._kept[key] = found
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found


def _settings(stage: Any) -> dict[str, Any]:
    return asdict(stage) if hasattr(stage, "__dataclass_fields__") else {}
