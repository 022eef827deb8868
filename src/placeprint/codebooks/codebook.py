"""A visual vocabulary: K centers in descriptor space."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float32, Int64
from placeprint.artifact import interpreting, read_artifact, write_artifact
from placeprint.codebooks.nearest_center import nearest_center
from placeprint.errors import PlaceprintError

KIND, VERSION = "codebook", 1


@dataclass(frozen=True, eq=False)
class Codebook:
    """`centers` (K, d) float32, and where they come from (`provenance`, JSON)."""

    centers: Float32
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.centers.ndim != 2 or not len(self.centers) or not np.isfinite(self.centers).all():
            raise ValueError(f"centers of shape {self.centers.shape} must be finite numbers (K, d), K ≥ 1")

    def __repr__(self) -> str:
        return f"Codebook({len(self):,} words of {self.centers.shape[1]} numbers)"

    def __len__(self) -> int:
        return len(self.centers)

    def assign(self, vectors: NDArray[Any]) -> Int64:
        """The nearest center (Euclidean, exact) of each row of `vectors` (n, d) → (n,)."""
        if vectors.ndim != 2 or vectors.shape[1] != self.centers.shape[1]:
            raise PlaceprintError(
                f"vectors of shape {vectors.shape} do not match {self.centers.shape[1]}-D centers",
                "Use the kind of descriptors the codebook was learned on.",
            )
        return nearest_center(np.ascontiguousarray(vectors, np.float32), self.centers)

    def save(self, path: Path) -> None:
        """Write a single file; see `placeprint.artifact`."""
        write_artifact(path, KIND, VERSION, {"provenance": dict(self.provenance)}, {"centres": self.centers})

    @classmethod
    def load(cls, path: Path) -> "Codebook":
        """Read what `save` wrote. Raises `FormatError` for any other file."""
        config, arrays = read_artifact(path, KIND, VERSION)
        with interpreting(path):
            return cls(arrays["centres"], config["provenance"])
