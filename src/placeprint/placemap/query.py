"""A photo as a query: its columns, its vectors when turned, and whether it is a photo of the map."""

import hashlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from placeprint.arrays import Float32, Pixels
from placeprint.descriptors import Descriptor
from placeprint.photos import PhotoSource
from placeprint.placemap.references import References
from placeprint.representations import VECTOR, Recipe, Representation


def query_of(
    recipe: Recipe, descriptor: Descriptor, image: Pixels, vector: Float32 | None = None
) -> Representation:
    """The columns of a photo, and "turned": (3, dim) vectors of it turned by 90, 180 and 270° clockwise.

    All are computed on first use, but for the `vector` if it is known.
    """
    known: Mapping[str, Any] = {} if vector is None else {VECTOR: vector}
    columns = recipe.represent(image, known)
    makers = {name: partial(columns.__getitem__, name) for name in columns}
    return Representation(makers=makers | {"turned": partial(_turned, descriptor, image)})


def _turned(descriptor: Descriptor, image: Pixels) -> Float32:
    return np.concatenate(
        [descriptor.describe([np.ascontiguousarray(np.rot90(image, -turn))]) for turn in (1, 2, 3)]
    )


def same_file(references: References, photo: PhotoSource) -> str | None:
    """The reference photo whose file is the same, byte for byte, if `photo` is a file or its bytes."""
    if isinstance(photo, bytes):
        content = photo
    elif isinstance(photo, str | Path):
        try:
            if Path(photo).stat().st_size not in references.sizes:
                return None
            content = Path(photo).read_bytes()
        except OSError:
            return None
    else:
        return None
    return references.by_digest.get(hashlib.sha256(content).hexdigest())
