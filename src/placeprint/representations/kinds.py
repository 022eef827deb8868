"""The kinds of columns: dense and sparse vectors, binary codes, sets of local features and of vectors."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float32, Int64, UInt8
from placeprint.features import LocalFeatures
from placeprint.representations.column import KINDS, ArraySpec


class _Settings:
    """A dataclass with JSON-ready fields."""

    def to_dict(self) -> dict[str, Any]:
        """See `ColumnKind.to_dict`."""
        return asdict(self)  # type: ignore[call-overload, no-any-return]


@dataclass(frozen=True)
class Dense(_Settings):
    """A vector (dim,) float32: NetVLAD, VLAD, GeM, ..."""

    dim: int
    kind: ClassVar[str] = "dense"

    @property
    def arrays(self) -> Mapping[str, ArraySpec]:
        """See `ColumnKind.arrays`."""
        return {"values": ArraySpec("<f4", (self.dim,))}

    def pack(self, value: Float32) -> dict[str, NDArray[Any]]:
        """See `ColumnKind.pack`."""
        vector = np.asarray(value, np.float32)
        if vector.shape != (self.dim,) or not np.isfinite(vector).all():
            raise ValueError(f"a vector of shape {vector.shape} is not {self.dim} finite numbers")
        return {"values": vector}

    def unpack(self, arrays: Mapping[str, NDArray[Any]]) -> Float32:
        """See `ColumnKind.unpack`."""
        return arrays["values"]


@dataclass(frozen=True, eq=False)
class SparseVector:
    """Σ weights e_ids: `ids` (m,) ascending, `weights` (m,): the visual words of a photo."""

    ids: Int64
    weights: Float32


@dataclass(frozen=True)
class Sparse(_Settings):
    """A `SparseVector` of `dim` dimensions: a bag of words."""

    dim: int
    kind: ClassVar[str] = "sparse"

    @property
    def arrays(self) -> Mapping[str, ArraySpec]:
        """See `ColumnKind.arrays`."""
        return {"ids": ArraySpec("<i8", (), ragged=True), "weights": ArraySpec("<f4", (), ragged=True)}

    def pack(self, value: SparseVector) -> dict[str, NDArray[Any]]:
        """See `ColumnKind.pack`."""
        ids, weights = np.asarray(value.ids, np.int64), np.asarray(value.weights, np.float32)
        inside = not len(ids) or (ids[0] >= 0 and ids[-1] < self.dim and (np.diff(ids) > 0).all())
        if ids.ndim != 1 or ids.shape != weights.shape or not inside or not np.isfinite(weights).all():
            raise ValueError(f"ids {ids.shape} and weights {weights.shape} are not a vector of {self.dim}")
        return {"ids": ids, "weights": weights}

    def unpack(self, arrays: Mapping[str, NDArray[Any]]) -> SparseVector:
        """See `ColumnKind.unpack`."""
        return SparseVector(arrays["ids"], arrays["weights"])


@dataclass(frozen=True)
class Binary(_Settings):
    """A code of `bits` bits, eight per byte in the order of `np.packbits`: (bits / 8,) uint8."""

    bits: int
    kind: ClassVar[str] = "binary"

    @property
    def arrays(self) -> Mapping[str, ArraySpec]:
        """See `ColumnKind.arrays`."""
        return {"code": ArraySpec("|u1", (-(-self.bits // 8),))}

    def pack(self, value: UInt8) -> dict[str, NDArray[Any]]:
        """See `ColumnKind.pack`."""
        code = np.asarray(value)
        if code.dtype != np.uint8 or code.shape != (-(-self.bits // 8),):
            raise ValueError(f"a code of {code.dtype} {code.shape} is not {self.bits} bits")
        return {"code": code}

    def unpack(self, arrays: Mapping[str, NDArray[Any]]) -> UInt8:
        """See `ColumnKind.unpack`."""
        return arrays["code"]


@dataclass(frozen=True)
class Regional(_Settings):
    """Any number of vectors (r, dim) float32, one per region or patch."""

    dim: int
    kind: ClassVar[str] = "regional"

    @property
    def arrays(self) -> Mapping[str, ArraySpec]:
        """See `ColumnKind.arrays`."""
        return {"values": ArraySpec("<f4", (self.dim,), ragged=True)}

    def pack(self, value: Float32) -> dict[str, NDArray[Any]]:
        """See `ColumnKind.pack`."""
        rows = np.asarray(value, np.float32)
        if rows.ndim != 2 or rows.shape[1] != self.dim or not np.isfinite(rows).all():
            raise ValueError(f"vectors of shape {rows.shape} are not finite (r, {self.dim})")
        return {"values": rows}

    def unpack(self, arrays: Mapping[str, NDArray[Any]]) -> Float32:
        """See `ColumnKind.unpack`."""
        return arrays["values"]


@dataclass(frozen=True)
class Local(_Settings):
    """`LocalFeatures` without affine shapes; None for a photo without features. Descriptors may be bytes."""

    kind: ClassVar[str] = "local"

    @property
    def arrays(self) -> Mapping[str, ArraySpec]:
        """See `ColumnKind.arrays`. `keypoints`: x, y, scale, angle, score."""
        return {
            "size": ArraySpec("<i4", (2,)),
            "keypoints": ArraySpec("<f4", (5,), ragged=True),
            "descriptors": ArraySpec(None, None, ragged=True),
        }

    def pack(self, value: LocalFeatures) -> dict[str, NDArray[Any]]:
        """See `ColumnKind.pack`."""
        if value.affine is not None:
            raise ValueError("affine shapes of local features are not stored")
        points = np.column_stack([value.xy, value.scale, value.angle, value.score]).astype(np.float32)
        return {"size": np.array(value.size, np.int32), "keypoints": points, "descriptors": value.descriptors}

    def unpack(self, arrays: Mapping[str, NDArray[Any]]) -> LocalFeatures:
        """See `ColumnKind.unpack`."""
        points, (width, height) = arrays["keypoints"], arrays["size"].tolist()
        columns = points[:, :2], points[:, 2], points[:, 3], points[:, 4]
        return LocalFeatures(*columns, arrays["descriptors"], (width, height))


@dataclass(frozen=True)
class Blob(_Settings):
    """Bytes: a picture in a file format."""

    kind: ClassVar[str] = "bytes"

    @property
    def arrays(self) -> Mapping[str, ArraySpec]:
        """See `ColumnKind.arrays`."""
        return {"content": ArraySpec("|u1", (), ragged=True)}

    def pack(self, value: bytes) -> dict[str, NDArray[Any]]:
        """See `ColumnKind.pack`."""
        return {"content": np.frombuffer(value, np.uint8)}

    def unpack(self, arrays: Mapping[str, NDArray[Any]]) -> bytes:
        """See `ColumnKind.unpack`."""
        return arrays["content"].tobytes()


KINDS |= {kind.kind: kind for kind in (Dense, Sparse, Binary, Regional, Local, Blob)}
