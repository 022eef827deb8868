"""The background set: descriptors of photos that are in nobody's map, to hold a map's likenesses against.

A photo that looks more like one of 518 strangers than like any photo of the map was hardly taken there. In
speaker verification such a set is called a cohort (Rosenberg et al., ICSLP 1992). Written by
`benchmarks/background.py`: street views of Cambridge (UK), split train, as half-precision descriptors.
"""

from functools import cache
from importlib import resources

import numpy as np

from placeprint.arrays import Float32

FILE = "background.npz"


@cache
def background(fingerprint: str) -> Float32 | None:
    """(b, dim) unit vectors by the descriptor with this fingerprint; None for any other descriptor."""
    with (
        resources.files(__package__).joinpath(FILE).open("rb") as file,
        np.load(file, allow_pickle=False) as content,
    ):
        if str(content["fingerprint"]) != fingerprint:
            return None
        vectors = np.asarray(content["vectors"], np.float32)
    vectors.setflags(write=False)
    return vectors
