"""Power-law normalization: bursty components weigh less."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float32


def power_law(vectors: NDArray[Any], exponent: float) -> Float32:
    """x ← sign(x) |x|^a, then x / ‖x‖, along the last axis; zero stays zero, a = 1 changes nothing.

    Perronnin, Sánchez & Mensink, ECCV 2010; before PCA whitening: Jégou & Chum, ECCV 2012. Both use
    a = 0.5, the "signed square root"; RootSIFT is the same for vectors without negative numbers.
    """
    rows: Float32 = np.asarray(vectors, np.float32)
    if exponent == 1:
        return rows
    made = np.abs(rows)
    np.power(made, np.float32(exponent), out=made)
    lengths = np.sqrt(np.einsum("...i,...i->...", made, made))[..., None]
    np.copysign(made, rows, out=made)
    with np.errstate(invalid="ignore"):  # an infinite number makes its row NaN
        made /= np.maximum(lengths, np.finfo(np.float32).tiny)
    return made
