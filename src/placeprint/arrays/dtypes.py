"""Arrays by the type of their numbers, under names that say it."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Float32: TypeAlias = NDArray[np.float32]
Float64: TypeAlias = NDArray[np.float64]
Int64: TypeAlias = NDArray[np.int64]
Int32: TypeAlias = NDArray[np.int32]
UInt8: TypeAlias = NDArray[np.uint8]
Bool: TypeAlias = NDArray[np.bool_]

Pixels: TypeAlias = NDArray[np.uint8]
"""An image (height, width, 3), red, green, blue; or several (n, height, width, 3)."""
