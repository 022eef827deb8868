"""A visual vocabulary: K centres in descriptor space."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.artifact import read_artifact, write_artifact
from placeprint.codebooks.nearest_centre import nearest_centre
from placeprint.errors import PlaceprintError

KIND, VERSION = "codebook", 1


@dataclass(frozen=True, eq=False)
class Codebook:
    """`centres` (K, d) float32, and where they come from (`provenance`, JSON)."""

    centres: NDArray[np.float32]
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.centres.ndim != 2 or not len(self.centres) or not np.isfinite(self.centres).all():
            raise ValueError(f"centres of shape {self.centres.shape} must be finite numbers (K, d), K ≥ 1")

    def __len__(self) -> int:
        return len(self.centres)

    def assign(self, vectors: NDArray[Any]) -> NDArray[np.int64]:
        """The nearest centre (Euclidean, exact) of each row of `vectors` (n, d) → (n,)."""
        if vectors.ndim != 2 or vectors.shape[1] != self.centres.shape[1]:
            raise PlaceprintError(
                f"vectors of shape {vectors.shape} do not fit {self.centres.shape[1]}-D centres",
                "Use the descriptors that the codebook was learnt on.",
            )
        return nearest_centre(np.ascontiguousarray(vectors, np.float32), self.centres)

    def save(self, path: Path) -> None:
        """Write one file; see `placeprint.artifact`."""
        write_artifact(path, KIND, VERSION, {"provenance": dict(self.provenance)}, {"centres": self.centres})

    @classmethod
    def load(cls, path: Path) -> "Codebook":
        """Read what `save` wrote. Raises `FormatError` for any other file."""
        config, arrays = read_artifact(path, KIND, VERSION)
        return cls(arrays["centres"], config["provenance"])
