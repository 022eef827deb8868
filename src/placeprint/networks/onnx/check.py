"""Does an ONNX graph give the same vectors as torch?"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from placeprint.arrays import Float32, UInt8
from placeprint.errors import PlaceprintError

Batch = UInt8
Shape = tuple[int, int, int]
ODD = (5, 3)
"""Pixels added to height and width, so that no stride divides them."""


class DifferentVectorsError(Exception):
    """A graph fails for some size, or its vectors differ from those of torch."""


@dataclass(frozen=True)
class Comparison:
    """`shapes` (n, height, width) that were compared; the largest length of a difference between two unit
    vectors, and their smallest cosine.
    """

    shapes: tuple[Shape, ...]
    difference: float
    cosine: float


def sizes_to_check(size: tuple[int, int], divisor: int) -> list[Shape]:
    """(n, height, width): the usual size (width, height), its portrait form, and sides no stride divides."""
    step = divisor if divisor > 1 else 16
    width, height = size
    return [
        (1, height, width),
        (3, 9 * step, 6 * step),
        (1, 6 * step + ODD[0], 9 * step + ODD[1]),
    ]


def noise(shapes: Iterable[Shape], seed: int = 0) -> list[Batch]:
    """Photos of uniform noise."""
    rng = np.random.default_rng(seed)
    return [rng.integers(0, 256, (*shape, 3), dtype=np.uint8) for shape in shapes]


def compare(model: bytes, truth: torch.nn.Module, photos: Sequence[Batch]) -> Comparison:
    """Compare a graph with the torch network it was made from, on photos (n, height, width, 3).

    Sizes that the network itself rejects are skipped, except for the first. Raises `DifferentVectorsError` if
    the graph fails or returns vectors of another shape or numbers that are not finite, and `PlaceprintError`
    if the network rejects the first photos.
    """
    try:
        run = graph_runner(model)
    except Exception as error:  # ONNX Runtime's errors have no common base class
        raise DifferentVectorsError(f"ONNX Runtime cannot load it ({error})") from error
    shapes, differences, cosines = [], [0.0], [1.0]
    for number, batch in enumerate(photos):
        try:
            with torch.inference_mode():
                wanted = truth(torch.from_numpy(batch)).numpy()
        except Exception as error:
            if number == 0:
                size = f"{batch.shape[2]}x{batch.shape[1]}"
                raise PlaceprintError(
                    f"the network cannot describe photos of {size} ({error})", "Give another size."
                ) from error
            continue
        try:
            given = run(batch)
        except Exception as error:
            raise DifferentVectorsError(f"it fails on photos of {batch.shape[2]}x{batch.shape[1]}") from error
        if given.shape != wanted.shape or not np.isfinite(given).all():
            raise DifferentVectorsError(f"it returns {given.shape}, or numbers that are not finite")
        shapes.append(batch.shape[:3])
        differences.append(float(np.linalg.norm(given - wanted, axis=1).max()))
        cosines.append(float(np.sum(given * wanted, axis=1).min()))
    return Comparison(tuple(shapes), max(differences), min(cosines))


def graph_runner(model: bytes) -> Callable[[Batch], Float32]:
    """The graph on ONNX Runtime, on a single core."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4  # placeprint reports a graph that fails
    session: Any = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def run(batch: Batch) -> Float32:
        vectors: Float32 = session.run(None, {name: batch})[0]
        return vectors

    return run
