"""A photo as a query: its columns, its vectors when turned, and whether it is a photo of the map."""

import hashlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from placeprint.arrays import Float32, Pixels
from placeprint.descriptors import Descriptor
from placeprint.photos import PhotoSource, load
from placeprint.placemap.references import References
from placeprint.representations import VECTOR, Recipe, Representation

SPHERE = 4096
"""Longest side in pixels at which a photo all around is decoded: about 1,024 for each of its four views."""

_HEAD = 1 << 18
_SIGN = b"GPano"


def pictures(photo: PhotoSource) -> list[Pixels]:
    """The working image of a photo; of a file that says to be a photo all around (360°), four views of it.

    Raises `PhotoError`.
    """
    if isinstance(photo, str | Path) and _may_be_a_sphere(Path(photo)):
        from placeprint.photos import read_info
        from placeprint.photos.sphere import sphere_views

        sphere = read_info(photo).sphere
        if sphere is not None:
            return [view for _, view in sphere_views(load(photo, SPHERE), sphere)]
    return [load(photo)]


def _may_be_a_sphere(path: Path) -> bool:
    """A look at the beginning of the file, so that other photos need not be searched for what they say."""
    try:
        with path.open("rb") as file:
            return _SIGN in file.read(_HEAD)
    except OSError:
        return False


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
