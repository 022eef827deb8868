"""Local features of one photo: where they are, how large, how strong, and what they look like."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float32

Integer = NDArray[np.integer[Any]]


@dataclass(frozen=True, eq=False)
class LocalFeatures:
    """n local features as parallel arrays.

    `xy` (n, 2): column and row in pixels; the center of the top-left pixel is (0, 0).
    `scale` (n,): standard deviation σ, in pixels, of the Gaussian at which the feature was found.
    `angle` (n,): orientation in degrees in [0, 360), from the x axis towards the y axis (clockwise).
    `score` (n,): the detector's response; larger is stronger.
    `descriptors` (n, d): float32, or uint8 for the compact form.
    `size`: (width, height) in pixels of the image that `xy` refers to.
    `affine` (n, 2, 2) or None: shape of the region; it maps the unit circle to the region's ellipse.

    Raises `ValueError` if the shapes do not match.
    """

    xy: Float32
    scale: Float32
    angle: Float32
    score: Float32
    descriptors: NDArray[Any]
    size: tuple[int, int]
    affine: Float32 | None = None

    def __post_init__(self) -> None:
        n = len(self.xy)
        shapes = {"xy": (n, 2), "scale": (n,), "angle": (n,), "score": (n,), "affine": (n, 2, 2)}
        for name, shape in shapes.items():
            array = getattr(self, name)
            if array is not None and array.shape != shape:
                raise ValueError(f"{name} has shape {array.shape}, not {shape}")
        if self.descriptors.ndim != 2 or len(self.descriptors) != n:
            raise ValueError(f"descriptors have shape {self.descriptors.shape}, not ({n}, d)")

    def __len__(self) -> int:
        return len(self.xy)

    def select(self, indices: NDArray[Any]) -> "LocalFeatures":
        """The features at `indices` (integers, or a boolean mask of length n), in that order."""
        return LocalFeatures(
            self.xy[indices],
            self.scale[indices],
            self.angle[indices],
            self.score[indices],
            self.descriptors[indices],
            self.size,
            None if self.affine is None else self.affine[indices],
        )

    def strongest(self, count: int) -> "LocalFeatures":
        """The `count` features with the highest score, strongest first; ties keep their order."""
        return self.select(np.argsort(-self.score, kind="stable")[:count])
