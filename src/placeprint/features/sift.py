"""SIFT at difference-of-Gaussians extrema, described by RootSIFT."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float32, UInt8, unit_rows
from placeprint.features.local_features import LocalFeatures

DIMENSIONS = 128
UNIT = 512.0


@dataclass(frozen=True)
class RootSift:
    """DoG keypoints with RootSIFT descriptors (Lowe, IJCV 2004; Arandjelović & Zisserman, CVPR 2012).

    `count`: at most this many features, those with the highest contrast |D(x̂)|; a keypoint with several
    orientations (every histogram peak above 80 % of the highest, Lowe §5) counts once for each. `upright`:
    every orientation is 0 and each keypoint is described once; for photos taken upright. `contrast`: minimum
    contrast of a keypoint, times 3, in a [0, 1] image: OpenCV's `contrastThreshold` (0.04 is the default in
    both; Lowe's 0.03 would be 0.09). `edge`: largest ratio of principal curvatures (Lowe's 10). Three scales
    per octave, σ = 1.6, image doubled first, as in the paper.
    """

    count: int = 1000
    upright: bool = False
    contrast: float = 0.04
    edge: float = 10.0

    def detect(self, image: UInt8) -> LocalFeatures:
        """Features of an RGB (h, w, 3) or gray (h, w) uint8 image, strongest first; there may be none."""
        import cv2

        height, width = image.shape[:2]
        size = (int(width), int(height))
        gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) if image.ndim == 3 else np.ascontiguousarray(image)
        sift = cv2.SIFT.create(
            nfeatures=0 if self.upright else self.count,
            contrastThreshold=self.contrast,
            edgeThreshold=self.edge,
            enable_precise_upscale=True,  # without it, every position is off by a quarter pixel
        )
        points: Any
        sifts: Any = None
        if self.upright:
            points = _upright(sift.detect(gray, None), self.count)
            if points:  # OpenCV cannot describe an empty list
                points, sifts = sift.compute(gray, points)
        else:
            points, sifts = sift.detectAndCompute(gray, None)
        return _local_features(points, sifts, size).strongest(self.count)


def root_sift(descriptors: NDArray[np.floating] | UInt8) -> Float32:
    """√(x / ‖x‖₁) for every row, so that Euclidean distances compare by the Hellinger kernel.

    (n, 128) non-negative SIFT at any scale → float32 rows of unit length; a zero row stays zero. Arandjelović
    & Zisserman, "Three things everyone should know ...", CVPR 2012, §3.
    """
    rows: Float32 = np.asarray(descriptors, np.float32)
    rows = rows / np.maximum(rows.sum(axis=1, keepdims=True), np.float32(1e-12))
    return np.sqrt(rows, out=rows)


def compress(descriptors: Float32) -> UInt8:
    """RootSIFT as bytes, min(round(512 x), 255): an eighth of a megabyte for 1,000 features.

    A value up to 0.498 is off by at most 1/1024, and hence a row by at most √128/1024 = 0.011; larger values,
    which are rare in clear photos, are clipped to 0.498.
    """
    rounded: Float32 = np.rint(descriptors * np.float32(UNIT))
    return np.minimum(rounded, 255).astype(np.uint8)


def expand(compact: UInt8) -> Float32:
    """Undo `compress`: float32 rows of unit length; a zero row stays zero."""
    return unit_rows(compact.astype(np.float32))


def mirrored(features: LocalFeatures) -> LocalFeatures:
    """What would be found in the photo's mirror image, left and right exchanged, without looking at it.

    Row i is the mirror image of row i. SIFT is 4 × 4 cells of 8 directions in a frame turned by the feature's
    angle: a reflection reverses the rows of cells and the sense of the directions, and the angle α becomes
    180° - α. Features that are all at angle 0 were described upright and stay so: their columns are reversed.
    Descriptors of any scale, float or bytes. Up to the sampling of pixels this is exact.
    """
    width, upright = features.size[0], not features.angle.any()
    xy = features.xy.copy()
    xy[:, 0] = width - 1 - xy[:, 0]
    grid = features.descriptors.reshape(-1, 4, 4, 8)
    grid = grid[:, :, ::-1, (4 - np.arange(8)) % 8] if upright else grid[:, ::-1, :, -np.arange(8) % 8]
    angle = features.angle if upright else (180.0 - features.angle) % np.float32(360.0)
    affine = None if features.affine is None else features.affine * np.array([[-1], [1]], np.float32)
    return LocalFeatures(xy, features.scale, angle, features.score, _descriptors(grid), features.size, affine)


def turned(features: LocalFeatures, quarters: int = 1) -> LocalFeatures:
    """What would be found in the photo turned clockwise by so many quarters of a circle, row by row.

    Like `mirrored`: the angle grows by 90° a quarter; upright descriptors have their cells turned instead.
    """
    for _ in range(quarters % 4):
        (width, height), upright = features.size, not features.angle.any()
        xy = np.stack([height - 1 - features.xy[:, 1], features.xy[:, 0]], axis=1)
        descriptors, angle = features.descriptors, features.angle
        if upright:
            grid = np.rot90(descriptors.reshape(-1, 4, 4, 8), -1, axes=(1, 2))
            descriptors = _descriptors(grid[..., (np.arange(8) + 2) % 8])
        else:
            angle = (angle + 90.0) % np.float32(360.0)
        quarter = np.array([[0, -1], [1, 0]], np.float32)
        affine = None if features.affine is None else quarter @ features.affine
        size = (height, width)
        features = LocalFeatures(xy, features.scale, angle, features.score, descriptors, size, affine)
    return features


def _descriptors(grid: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(grid.reshape(-1, DIMENSIONS))


def _upright(points: Sequence[Any], count: int) -> list[Any]:
    """The `count` strongest keypoints, each once, with orientation 0."""
    distinct = list({(p.pt, p.size): p for p in points}.values())
    strongest = sorted(distinct, key=lambda p: -p.response)[:count]
    for point in strongest:
        point.angle = 0.0
    return strongest


def _local_features(points: Sequence[Any], sifts: Any, size: tuple[int, int]) -> LocalFeatures:
    # OpenCV's `size` is the diameter 2σ; its packed `octave` is not needed after description.
    table = np.array([(*p.pt, p.size / 2.0, p.angle, p.response) for p in points], np.float32).reshape(-1, 5)
    descriptors = np.zeros((0, DIMENSIONS), np.float32) if sifts is None else root_sift(sifts)
    return LocalFeatures(table[:, :2], table[:, 2], table[:, 3] % 360.0, table[:, 4], descriptors, size)
