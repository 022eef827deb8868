"""Heat maps by occlusion: how much similarity is lost when a part is covered. For any descriptor."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float32, Float64, Pixels
from placeprint.descriptors.descriptor import Descriptor, Photo
from placeprint.progress import meter

PATCH = (1 / 6, 1 / 3)
BATCH = 16


def occlusion(
    descriptor: Descriptor,
    photo: Photo,
    target: NDArray[np.floating],
    patch: float | Sequence[float] = PATCH,
    stride: float = 0.5,
    quiet: bool = True,
) -> Float32:
    """Mean drop of the similarity to `target` over the patches that cover a pixel, float32 (h, w).

    A square patch of the working image (`photos.load`) is filled with its own mean color, and the photo is
    described again: drop = ⟨f(photo), t⟩ − ⟨f(covered), t⟩. Below 0, the match improves without that part.
    With the photo's own vector as target this is the emphasis shown in NetVLAD's figures (Arandjelović et
    al., CVPR 2016), which go back to Zeiler & Fergus, ECCV 2014.

    `patch`: side as a fraction of √(h w); one scale, or several whose maps are averaged. `stride`: the
    largest step as a fraction of the side; patches are spaced evenly from border to border, so that each
    pixel is covered. A patch weighs most at its center and falls off linearly to its border; weights are
    divided by their sum at each pixel. The default describes a square photo 146 times.

    Deviations from the papers, which cover with a gray 100 × 100 patch: the mean color adds no step in
    brightness, two scales find both small and large things, and patches may touch the border.

    Raises `PhotoError` for an unreadable photo, ValueError for fractions that are not in (0, 1].
    """
    from placeprint.photos import load

    sides = [patch] if isinstance(patch, float | int) else list(patch)
    if not sides or not all(0 < share <= 1 for share in (*sides, stride)):
        raise ValueError(f"patch {patch} and stride {stride} must be fractions in (0, 1]")
    image = load(photo)
    vector = np.asarray(target, np.float64)
    whole = float(descriptor.describe([image])[0] @ vector)
    grids = [_grid(image.shape[:2], share, stride) for share in sides]
    heat = np.zeros(image.shape[:2])
    with meter("Covering", sum(len(boxes) for boxes in grids), "patches", quiet) as advance:
        for boxes in grids:
            drops: list[float] = []
            for start in range(0, len(boxes), BATCH):
                part = boxes[start : start + BATCH]
                covered = descriptor.describe([_covered(image, box) for box in part])
                drops.extend((whole - covered @ vector).tolist())
                advance(len(part))
            heat += _mean_over_patches(image.shape[:2], boxes, drops)
    return np.asarray(heat / len(grids), np.float32)


Box = tuple[slice, slice]


def _grid(size: tuple[int, ...], share: float, stride: float) -> list[Box]:
    side = max(1, round(share * float(np.sqrt(size[0] * size[1]))))
    rows, columns = (list(_spans(length, side, stride)) for length in size)
    return [(row, column) for row in rows for column in columns]


def _spans(length: int, side: int, stride: float) -> Iterator[slice]:
    """Evenly spaced from border to border, at most `stride` side lengths apart."""
    side = min(side, length)
    steps = int(np.ceil((length - side) / max(stride * side, 1.0)))
    for start in np.round(np.linspace(0, length - side, steps + 1)).astype(int).tolist():
        yield slice(start, start + side)


def _covered(image: Pixels, box: Box) -> Pixels:
    covered = image.copy()
    covered[box] = np.round(image[box].mean(axis=(0, 1)))
    return covered


def _mean_over_patches(size: tuple[int, ...], boxes: Sequence[Box], drops: Sequence[float]) -> Float64:
    total, weight = np.zeros(size), np.zeros(size)
    for (rows, columns), drop in zip(boxes, drops, strict=True):
        window = np.outer(_tent(rows.stop - rows.start), _tent(columns.stop - columns.start))
        total[rows, columns] += drop * window
        weight[rows, columns] += window
    return total / weight


def _tent(side: int) -> Float64:
    """Weights that fall from 1 at the center to 1/side at the centers of the border pixels."""
    return np.asarray(1.0 - np.abs((np.arange(side) + 0.5) / side * 2.0 - 1.0))
